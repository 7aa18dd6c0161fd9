"""The page that says of every type of problem what happened, and what to do: `/problems#dwipp-not-found`."""

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from string import Template

from app.pages import assets
from app.web import problems

_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Explained:
    """A problem, what happened, and what to do; no status where it is of several."""

    slug: str
    title: str
    happened: str
    advice: str
    status: int | None = None


def page() -> str:
    """The page, with a section for each problem, named by the last part of its type."""
    of_api, of_gateway = explained()
    return Template(assets.page("problems.html")).substitute(
        index=_lines(_entry, sorted([*of_api, *of_gateway], key=lambda problem: problem.slug)),
        of_api=_lines(_section, of_api),
        of_gateway=_lines(_section, of_gateway),
    )


def explained() -> tuple[list[Explained], list[Explained]]:
    """Those of the API, which its own table says all but the meaning of, and those of API Gateway."""
    meanings = tomllib.loads(assets.text("problems.toml"))
    kinds = sorted(problems.ALL, key=lambda kind: kind.slug)
    of_api = [Explained(each.slug, each.title, **meanings["api"][each.slug], status=each.status) for each in kinds]
    return of_api, [Explained(slug, **each) for slug, each in meanings["gateway"].items()]


def _lines(written: Callable[[Explained], str], each: Iterable[Explained]) -> str:
    return "\n".join(map(written, each))


def _entry(problem: Explained) -> str:
    return f'<li><a href="#{problem.slug}"><code>{problem.slug}</code></a></li>'


def _section(problem: Explained) -> str:
    return f"""<section id="{problem.slug}" aria-labelledby="{problem.slug}-title">
<h3 id="{problem.slug}-title"><a href="#{problem.slug}">{escape(problem.title)}</a></h3>
<p class="type"><code>urn:dwipper:problem:{problem.slug}</code> · {_status(problem.status)}</p>
<dl>
<dt>What happened</dt><dd>{_marked_up(problem.happened)}</dd>
<dt>What to do</dt><dd>{_marked_up(problem.advice)}</dd>
</dl>
</section>"""


def _status(status: int | None) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status else "of several statuses"


def _marked_up(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
