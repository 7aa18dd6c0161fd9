"""The pages: whole, with nothing of anybody else's in them, and out of everybody's way who asks for none."""

import asyncio
import importlib.util
import re
import runpy
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from app.main import create_app
from app.pages import problems_page
from app.pages.problems_page import explanations
from app.web import problems
from testkit.doubles import SETTINGS, send_request

ROOT = Path(__file__).parents[3]
PAGES = ("/docs", "/problems")
SWAGGER_UI = ("swagger-ui.css", "swagger-ui-bundle.js")
FILES = (*SWAGGER_UI, "docs.css", "docs.js", "problems.css")
_VOID = frozenset({"link", "meta"})


class Markup(HTMLParser):
    """What a page refers to and names, held to be closed in order; what is inline is not let pass."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.names: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        assert tag != "style"
        assert tag != "script" or "src" in told
        assert not {name for name in told if name == "style" or name.startswith("on")}
        self.references += [told[name] for name in ("href", "src") if name in told]
        self.names += [told["id"]] if "id" in told else []
        self.open += [] if tag in _VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @property
    def loaded(self) -> list[str]:
        """Where the page leads by itself, or on a click, but for its own sections and what is in it."""
        return [each for each in self.references if not each.startswith(("#", "data:"))]


def _get(path: str) -> httpx.Response:
    return asyncio.run(send_request(create_app(SETTINGS), "GET", path))


@pytest.mark.parametrize("path", PAGES)
class TestPages:
    def test_it_is_well_formed_and_has_nothing_inline(self, path: str) -> None:
        answer = _get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert Markup(answer.text).references

    def test_all_that_it_leads_to_is_beside_it_and_there(self, path: str) -> None:
        for reference in Markup(_get(path).text).loaded:
            assert re.fullmatch(r"(\./)?\w[\w./?=-]*", reference), "relative, and of no other host"
            assert _get(urljoin(path, reference)).status_code == 200

    def test_it_lets_a_browser_load_and_call_nothing_of_another_host(self, path: str) -> None:
        policy = dict(each.split(" ", 1) for each in _get(path).headers["content-security-policy"].split("; "))
        assert policy == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' data:",
            "connect-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }

    def test_it_is_asked_for_each_time_and_tells_nobody_where_it_was(self, path: str) -> None:
        headers = _get(path).headers
        assert headers["cache-control"] == "no-cache"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


class TestFiles:
    @pytest.mark.parametrize("name", FILES)
    def test_it_is_text_that_is_kept_for_good_under_its_version(self, name: str) -> None:
        page = _get("/problems" if name == "problems.css" else "/docs").text
        (versioned,) = re.findall(rf'"(docs/{re.escape(name)}\?v=\w+)"', page)
        answer = _get(f"/{versioned}")
        assert (
            answer.headers["content-type"] == f"text/{'css' if name.endswith('css') else 'javascript'}; charset=utf-8"
        )
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789abcdef"])
    def test_under_any_other_version_it_is_asked_for_each_time(self, query: str) -> None:
        assert _get(f"/docs/docs.js{query}").headers["cache-control"] == "no-cache"

    @pytest.mark.parametrize("name", SWAGGER_UI)
    def test_swagger_ui_is_the_package_s(self, name: str) -> None:
        found = importlib.util.find_spec("fastapi_offline")
        assert found is not None
        assert found.origin is not None
        assert _get(f"/docs/{name}").content == (Path(found.origin).parent / "static" / name).read_bytes()

    @pytest.mark.parametrize(
        "name", ["files.py", "problems.toml", "docs.html", "redoc.standalone.js", "..%2F..%2Fmain.py", "x", "%00"]
    )
    def test_there_are_no_others(self, name: str) -> None:
        answer = _get(f"/docs/{name}")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:dwipper:problem:not-found")


class TestProblems:
    def test_every_problem_of_the_api_is_explained_by_its_own_words(self) -> None:
        of_api, _ = explanations()
        constants = {kind for kind in vars(problems).values() if isinstance(kind, problems.ProblemType)}
        kinds = {*problems.PROBLEM_TYPES.values(), *constants}
        assert {(each.slug, each.status, each.title) for each in of_api} == {
            (kind.slug, kind.status, kind.title) for kind in kinds
        }

    def test_every_problem_of_the_gateway_is_explained_by_its_own_words(self) -> None:
        rows = re.findall(
            r"^  \['[A-Z0-9_]+', (\d+|null), '([\w-]+)', '([^']+)'",
            (ROOT / "deploy" / "responses.js").read_text(),
            re.MULTILINE,
        )
        answered = {(slug, None if status == "null" else int(status), title) for status, slug, title in rows}
        of_api, of_gateway = explanations()
        shared = {(each.slug, each.status, each.title) for each in of_api}
        assert len(rows) >= 20
        assert {(each.slug, each.status, each.title) for each in of_gateway} == answered - shared

    def test_each_has_one_section_by_its_slug_to_which_the_page_leads(self) -> None:
        page = _get("/problems").text
        markup = Markup(page)
        slugs = [each.slug for which in explanations() for each in which]
        assert len(set(markup.names)) == len(markup.names)
        for slug in slugs:
            section = page.partition(f'<section id="{slug}"')[2].partition("</section>")[0]
            assert f"<code>urn:dwipper:problem:{slug}</code>" in section
            assert re.search(r"What happened</dt><dd>\S.+\.\)?</dd>\n<dt>What to do</dt><dd>\S.+\.\)?</dd>", section)
            assert markup.references.count(f"#{slug}") == 2

    def test_no_text_is_taken_for_markup(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind = problems.ProblemType("not-found", 404, "<b> & </b>")
        others = [each for each in problems.ALL_PROBLEM_TYPES if each.slug != kind.slug]
        monkeypatch.setattr(problems_page, "ALL_PROBLEM_TYPES", (kind, *others))
        assert "&lt;b&gt; &amp; &lt;/b&gt;" in _get("/problems").text

    def test_it_needs_no_script(self) -> None:
        assert "<script" not in _get("/problems").text


def test_who_asks_for_no_page_waits_for_none() -> None:
    script = """if True:
        import asyncio, sys
        from app.main import create_app
        from testkit.doubles import SETTINGS, ask
        app = create_app(SETTINGS)
        assert asyncio.run(ask(app, "GET", "/health")).status_code == 200
        print(*sorted(name for name in sys.modules if name.startswith(("app.pages.", "fastapi_offline"))))
        assert asyncio.run(ask(app, "GET", "/docs/swagger-ui.css")).status_code == 200
        print("fastapi_offline" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["app.pages.routes", "False"]


def test_the_docs_page_can_be_given_out_by_any_web_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(ROOT / "scripts" / "build_docs_site.py"))["write"](tmp_path)
    for page in ("", "problems/"):
        for reference in Markup((tmp_path / page / "index.html").read_text()).loaded:
            path = tmp_path / page / reference.partition("?")[0]
            assert (path / "index.html" if path.is_dir() else path).exists(), reference
