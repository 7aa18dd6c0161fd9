"""Each operation resolves to its full path template and its name, even if the response is an error."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI

from app.main import create_app
from app.observability.route_templates import resolve_template
from app.slices import iter_routes
from testkit.doubles import SETTINGS
from testkit.operations import ALL_OPERATIONS, Operation

SOME_ID = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(SETTINGS)


def _resolve(app: FastAPI, method: str, path: str, root_path: str = "") -> tuple[str, str | None]:
    """Send a request to the app, and resolve its scope after the response."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": root_path + path,
        "root_path": root_path,
        "query_string": b"",
        "headers": [],
    }

    async def receive() -> Any:
        await asyncio.sleep(0)
        return {"type": "http.request"}

    async def send(_: Any) -> None: ...

    asyncio.run(app(scope, receive, send))
    return resolve_template(scope)


@pytest.mark.parametrize("root_path", ["", "/prod"])
@pytest.mark.parametrize("operation", ALL_OPERATIONS, ids=str)
def test_operation_has_its_template_and_name(operation: Operation, root_path: str, app: FastAPI) -> None:
    path = operation.path.format(dwipp_id=SOME_ID, handle="kay")
    assert _resolve(app, operation.method, path, root_path) == (operation.path, operation.name)


@pytest.mark.parametrize("root_path", ["", "/prod"])
@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/"])
def test_page_has_template_and_name(path: str, root_path: str, app: FastAPI) -> None:
    template, name = _resolve(app, "GET", path, root_path)
    assert template == path
    assert name


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("PUT", f"/v1/dwipps/{SOME_ID}", "/v1/dwipps/{dwipp_id}"),
        ("GET", f"/v1/dwipps/{SOME_ID}/upvote", "/v1/dwipps/{dwipp_id}/upvote"),
        ("POST", "/docs", "/docs"),
        ("TRACE", "/health", "/health"),
    ],
)
def test_unsupported_method_has_no_operation(method: str, path: str, template: str, app: FastAPI) -> None:
    assert _resolve(app, method, path) == (template, None)


@pytest.mark.parametrize("root_path", ["", "/prod"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_path_with_a_line_feed_at_its_end_is_unmatched(method: str, root_path: str, app: FastAPI) -> None:
    templates = {route.path.replace(":anything", "") for route in iter_routes(app)}
    assert {"/", "/docs/{name}", "/v1/users/{handle}"} <= templates
    for template in templates:
        path = template.format(dwipp_id=SOME_ID, handle="kay", name="docs.js", rest="cases")
        assert _resolve(app, method, f"{path}\n", root_path) == ("unmatched", None), template


@pytest.mark.parametrize("root_path", ["", "/prod"])
def test_head_has_the_operation_of_get(root_path: str, app: FastAPI) -> None:
    operations = [operation for operation in ALL_OPERATIONS if operation.method == "GET"]
    assert len(operations) > 5
    for operation in operations:
        path = operation.path.format(dwipp_id=SOME_ID, handle="kay")
        assert _resolve(app, "HEAD", path, root_path) == (operation.path, operation.name)
    assert _resolve(app, "HEAD", "/docs", root_path) == ("/docs", "read_docs")
    assert _resolve(app, "HEAD", "/v1/auth/login", root_path) == ("/v1/auth/login", None)


@pytest.mark.parametrize(
    "path", [f"/v1/{SOME_ID}", f"/{SOME_ID}", "/v1/dwipps/", f"/v1/dwipps/{SOME_ID}/{SOME_ID}", "//", "/v1/\n"]
)
def test_unknown_path_is_unmatched(path: str, app: FastAPI) -> None:
    assert _resolve(app, "GET", path) == ("unmatched", None)
