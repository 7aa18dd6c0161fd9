"""The page that explains every problem type: `/problems#dwipp-not-found`."""

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from string import Template

from app.pages import assets
from app.web.problems import ALL_PROBLEM_TYPES

_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of a problem type. `status` is None if the problem occurs with several."""

    slug: str
    title: str
    happened: str
    advice: str
    status: int | None = None


def render() -> str:
    """Return the page. The id of each section is the slug of its problem type."""
    api, gateway = explanations()
    return Template(assets.load_page("problems.html")).substitute(
        index=_render_all(_render_entry, sorted([*api, *gateway], key=lambda each: each.slug)),
        api_problems=_render_all(_render_section, api),
        gateway_problems=_render_all(_render_section, gateway),
    )


def explanations() -> tuple[list[Explanation], list[Explanation]]:
    """Return the explanations of the API's problem types, and of API Gateway's own."""
    texts = tomllib.loads(assets.load_text("problems.toml"))
    types = sorted(ALL_PROBLEM_TYPES, key=lambda each: each.slug)
    api = [Explanation(each.slug, each.title, **texts["api"][each.slug], status=each.status) for each in types]
    return api, [Explanation(slug, **fields) for slug, fields in texts["gateway"].items()]


def _render_all(render_one: Callable[[Explanation], str], each: Iterable[Explanation]) -> str:
    return "\n".join(map(render_one, each))


def _render_entry(explanation: Explanation) -> str:
    return f'<li><a href="#{explanation.slug}"><code>{explanation.slug}</code></a></li>'


def _render_section(explanation: Explanation) -> str:
    slug = explanation.slug
    return f"""<section id="{slug}" aria-labelledby="{slug}-title">
<h3 id="{slug}-title"><a href="#{slug}">{escape(explanation.title)}</a></h3>
<p class="type"><code>urn:dwipper:problem:{slug}</code> · {_render_status(explanation.status)}</p>
<dl>
<dt>What happened</dt><dd>{_render_text(explanation.happened)}</dd>
<dt>What to do</dt><dd>{_render_text(explanation.advice)}</dd>
</dl>
</section>"""


def _render_status(status: int | None) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status else "various statuses"


def _render_text(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
