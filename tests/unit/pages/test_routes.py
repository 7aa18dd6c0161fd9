"""Pages and assets load nothing from other hosts, and are imported on their first request only."""

import asyncio
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from app.main import create_app
from devstack.paths import ROOT
from testkit.doubles import SETTINGS, send_request
from tests.unit.pages.page_markup import PageMarkup

PAGES = ("/docs", "/problems")
SWAGGER_UI_FILES = ("swagger-ui.css", "swagger-ui-bundle.js")
DOCS_FILES = ("docs.css", "docs_colors.css", "docs.js", "docs_accessibility.js", "docs_links.js", "docs_login.js")
ASSETS = (*SWAGGER_UI_FILES, *DOCS_FILES, "docs_responses.js", "problems.css")


def _get(path: str) -> httpx.Response:
    return asyncio.run(send_request(create_app(SETTINGS), "GET", path))


@pytest.mark.parametrize("path", PAGES)
class TestPages:
    def test_page_is_well_formed_without_inline_code(self, path: str) -> None:
        response = _get(path)
        assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert PageMarkup(response.text).references

    def test_references_are_relative_and_exist(self, path: str) -> None:
        for reference in PageMarkup(_get(path).text).followed_references:
            assert re.fullmatch(r"(\./)?\w[\w./?=-]*", reference), f"{reference} is not relative"
            assert _get(urljoin(path, reference)).status_code == 200

    def test_content_security_policy_allows_this_host_only(self, path: str) -> None:
        policy = dict(
            directive.split(" ", 1) for directive in _get(path).headers["content-security-policy"].split("; ")
        )
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

    def test_page_is_revalidated_and_sends_no_referrer(self, path: str) -> None:
        headers = _get(path).headers
        assert headers["cache-control"] == "no-cache"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


class TestAssets:
    @pytest.mark.parametrize("name", ASSETS)
    def test_current_version_is_immutable(self, name: str) -> None:
        page = _get("/problems" if name == "problems.css" else "/docs").text
        (versioned_reference,) = re.findall(rf'"(docs/{re.escape(name)}\?v=\w+)"', page)
        response = _get(f"/{versioned_reference}")
        assert (
            response.headers["content-type"] == f"text/{'css' if name.endswith('css') else 'javascript'}; charset=utf-8"
        )
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789abcdef"])
    def test_other_versions_are_revalidated(self, query: str) -> None:
        assert _get(f"/docs/docs.js{query}").headers["cache-control"] == "no-cache"

    @pytest.mark.parametrize("name", SWAGGER_UI_FILES)
    def test_swagger_ui_is_identical_to_the_package(self, name: str) -> None:
        spec = importlib.util.find_spec("fastapi_offline")
        assert spec is not None
        assert spec.origin is not None
        assert _get(f"/docs/{name}").content == (Path(spec.origin).parent / "static" / name).read_bytes()

    @pytest.mark.parametrize(
        "name", ["assets.py", "problems.toml", "docs.html", "redoc.standalone.js", "..%2F..%2Fmain.py", "x", "%00"]
    )
    def test_other_files_are_404(self, name: str) -> None:
        response = _get(f"/docs/{name}")
        assert (response.status_code, response.json()["type"]) == (404, "urn:dwipper:problem:not-found")


def test_pages_are_imported_on_first_use() -> None:
    script = """if True:
        import asyncio, sys
        from app.main import create_app
        from testkit.doubles import SETTINGS, send_request
        app = create_app(SETTINGS)
        assert asyncio.run(send_request(app, "GET", "/health")).status_code == 200
        print(*sorted(name for name in sys.modules if name.startswith(("app.pages.", "fastapi_offline"))))
        assert asyncio.run(send_request(app, "GET", "/docs/swagger-ui.css")).status_code == 200
        print("fastapi_offline" in sys.modules)
    """
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == ["app.pages.routes", "False"]
