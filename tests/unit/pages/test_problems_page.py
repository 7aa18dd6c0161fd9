"""The page of problems explains each problem type of the API and of API Gateway in one section."""

import asyncio
import re
import tomllib

import httpx
import pytest

from app.main import create_app
from app.openapi import problem_components, problem_responses
from app.pages import problems_page
from app.pages.assets import load_text
from app.pages.problems_page import explanations
from app.web import problems
from devstack.paths import ROOT
from testkit.doubles import SETTINGS, send_request
from tests.unit.pages.page_markup import PageMarkup


def _get(path: str) -> httpx.Response:
    return asyncio.run(send_request(create_app(SETTINGS), "GET", path))


def test_each_problem_type_in_the_api_is_explained() -> None:
    constants = {
        problem_type for problem_type in vars(problems).values() if isinstance(problem_type, problems.ProblemType)
    }
    problem_types = {*problems.PROBLEM_TYPES.values(), *constants}
    texts = tomllib.loads(load_text("problems.toml"))
    assert texts.keys() == {problem_type.slug for problem_type in problem_types}, (
        "Explain each problem type in a section `[<slug>]` of app/pages/problems.toml"
    )
    assert {(explanation.slug, explanation.status, explanation.title) for explanation in explanations()} == {
        (problem_type.slug, problem_type.status, problem_type.title) for problem_type in problem_types
    }, "List each problem type in ALL_PROBLEM_TYPES of app/web/problems.py"


def test_gateway_has_problem_types_of_the_api() -> None:
    rows = re.findall(
        r"^  \['[A-Z0-9_]+', (\d+), '([\w-]+)', '([^']+)'",
        (ROOT / "deploy" / "responses.js").read_text(),
        re.MULTILINE,
    )
    gateway_types = {problems.ProblemType(slug, int(status), title) for status, slug, title in rows}
    assert len(rows) >= 20
    assert gateway_types == set(map(problem_responses.to_problem_type, problem_components.GATEWAY_ERRORS))
    assert gateway_types <= set(problems.ALL_PROBLEM_TYPES)


def test_each_problem_type_has_one_linked_section() -> None:
    page = _get("/problems").text
    markup = PageMarkup(page)
    slugs = [explanation.slug for explanation in explanations()]
    assert len(set(markup.ids)) == len(markup.ids)
    for slug in slugs:
        section = page.partition(f'<section id="{slug}"')[2].partition("</section>")[0]
        assert f"<code>urn:dwipper:problem:{slug}</code>" in section
        assert re.search(r"What happened</dt><dd>\S.+\.\)?</dd>\n<dt>What to do</dt><dd>\S.+\.\)?</dd>", section)
        assert markup.references.count(f"#{slug}") == 2


def test_statuses_have_the_phrases_of_rfc_9110() -> None:
    page = _get("/problems").text
    phrases = dict(re.findall(r"· (\d{3}) ([\w ]+)</p>", page))
    assert {status: phrases[status] for status in ("401", "404", "413", "422", "429", "503")} == {
        "401": "Unauthorized",
        "404": "Not Found",
        "413": "Content Too Large",
        "422": "Unprocessable Content",
        "429": "Too Many Requests",
        "503": "Service Unavailable",
    }


def test_texts_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    changed_type = problems.ProblemType("not-found", 404, "<b> & </b>")
    other_types = [
        problem_type for problem_type in problems.ALL_PROBLEM_TYPES if problem_type.slug != changed_type.slug
    ]
    monkeypatch.setattr(problems_page, "ALL_PROBLEM_TYPES", (changed_type, *other_types))
    assert "&lt;b&gt; &amp; &lt;/b&gt;" in _get("/problems").text


def test_page_has_no_script() -> None:
    assert "<script" not in _get("/problems").text
