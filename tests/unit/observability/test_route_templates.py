"""Every operation of the app has its template and its name, whole, whatever its answer is."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI

from app.main import create_app
from app.observability.route_templates import RouteTemplates
from testkit.doubles import SETTINGS
from testkit.operations import ALL_OPERATIONS, Operation

ID = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(SETTINGS)


def _asked(app: FastAPI, method: str, path: str, root_path: str = "") -> tuple[str, str | None]:
    """What is known of a request after it was answered."""
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
    return RouteTemplates().resolve(scope)


@pytest.mark.parametrize("root_path", ["", "/prod"])
@pytest.mark.parametrize("operation", ALL_OPERATIONS, ids=str)
def test_an_operation_has_its_template_and_its_name(operation: Operation, root_path: str, app: FastAPI) -> None:
    path = operation.path.format(dwipp_id=ID, handle="kay")
    assert _asked(app, operation.method, path, root_path) == (operation.path, operation.name)


@pytest.mark.parametrize("root_path", ["", "/prod"])
@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/"])
def test_a_page_has_both_too(path: str, root_path: str, app: FastAPI) -> None:
    template, name = _asked(app, "GET", path, root_path)
    assert template == path
    assert name


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("PUT", f"/v1/dwipps/{ID}", "/v1/dwipps/{dwipp_id}"),
        ("GET", f"/v1/dwipps/{ID}/upvote", "/v1/dwipps/{dwipp_id}/upvote"),
        ("POST", "/docs", "/docs"),
        ("TRACE", "/health", "/health"),
    ],
)
def test_where_there_is_no_such_method_there_is_no_operation(
    method: str, path: str, template: str, app: FastAPI
) -> None:
    assert _asked(app, method, path) == (template, None)


@pytest.mark.parametrize("path", [f"/v1/{ID}", f"/{ID}", "/v1/dwipps/", f"/v1/dwipps/{ID}/{ID}", "//", "/v1/\n"])
def test_where_nothing_is_there_is_none(path: str, app: FastAPI) -> None:
    assert _asked(app, "GET", path) == ("unmatched", None)
