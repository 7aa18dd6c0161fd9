"""The page that explains every problem type: `/problems#dwipp-not-found`."""

import re
import tomllib
from collections.abc import Callable, Iterable
from html import escape
from string import Template
from typing import NamedTuple

from app.pages import assets
from app.web.problems import ALL_PROBLEM_TYPES

_CODE = re.compile(r"`([^`]+)`")
# RFC 9110, section 15, and RFC 6585, section 4. Python before 3.13 has older phrases for 413 and 422.
_PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Explanation(NamedTuple):
    """The explanation of a problem type."""

    slug: str
    title: str
    status: int
    happened: str
    advice: str


def render() -> str:
    """Return the page. The id of each section is the slug of its problem type."""
    all_explanations = explanations()
    return Template(assets.load_page("problems.html")).substitute(
        index=_render_all(_render_entry, all_explanations),
        problems=_render_all(_render_section, all_explanations),
    )


def explanations() -> list[Explanation]:
    """Return the explanations of all problem types, in order of the slugs."""
    texts = tomllib.loads(assets.load_text("problems.toml"))
    types = sorted(ALL_PROBLEM_TYPES, key=lambda each: each.slug)
    return [Explanation(each.slug, each.title, each.status, **texts[each.slug]) for each in types]


def _render_all(render_one: Callable[[Explanation], str], each: Iterable[Explanation]) -> str:
    return "\n".join(map(render_one, each))


def _render_entry(explanation: Explanation) -> str:
    return f'<li><a href="#{explanation.slug}"><code>{explanation.slug}</code></a></li>'


def _render_section(explanation: Explanation) -> str:
    slug, status = explanation.slug, explanation.status
    return f"""<section id="{slug}" aria-labelledby="{slug}-title">
<h3 id="{slug}-title"><a href="#{slug}">{escape(explanation.title)}</a></h3>
<p class="type"><code>urn:dwipper:problem:{slug}</code> · {status} {_PHRASES[status]}</p>
<dl>
<dt>What happened</dt><dd>{_render_text(explanation.happened)}</dd>
<dt>What to do</dt><dd>{_render_text(explanation.advice)}</dd>
</dl>
</section>"""


def _render_text(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
