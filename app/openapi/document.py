"""The OpenAPI document: FastAPI's, completed with the problems, headers, links and examples of this API."""

import copy
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.openapi.headers import HEADERS
from app.openapi.operations import IncompleteOperationError, OperationBuilder
from app.slices import iter_routes

_FASTAPI_SCHEMAS = ("HTTPValidationError", "ValidationError")
_INFO = {
    "contact": {"name": "The maintainers of Dwipper"},
    "license": {"name": "MIT", "identifier": "MIT"},
}
# The served document names the folder that it lies in, so it holds behind any prefix.
# https://spec.openapis.org/oas/v3.1.0#relative-references-in-urls
_RELATIVE_SERVER = {"url": ".", "description": "The server of this document."}
# For the document as a file. Many generators do not know variables, so the first server has none.
_LOCAL_ORIGIN = "http://127.0.0.1:8000"
_SERVERS = [
    {"url": _LOCAL_ORIGIN, "description": "The API of `make run`."},
    {
        "url": "{origin}",
        "description": "Your API, at the address that `make outputs` prints.",
        "variables": {"origin": {"default": _LOCAL_ORIGIN, "description": "The address, including the stage."}},
    },
]


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the document that the app serves, built on first use.

    Raises:
        IncompleteOperationError: if an operation lacks a required part. Nothing is kept then, so the next call fails
            as well.
    """
    if app.openapi_schema is None:
        app.openapi_schema = _build(app)
    return app.openapi_schema


def standalone_document(app: FastAPI) -> dict[str, Any]:
    """Return the document as a file. It names the address of the API, because a file has none."""
    document = copy.deepcopy(openapi_document(app)) | {"servers": _SERVERS}
    for scheme in document["components"]["securitySchemes"].values():
        for flow in scheme["flows"].values():
            flow["tokenUrl"] = f"{_LOCAL_ORIGIN}/{flow['tokenUrl']}"
    return document


def _build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        summary=app.summary,
        description=app.description,
        routes=list(iter_routes(app)),
        tags=app.openapi_tags,
    )
    components = document["components"]
    builder = OperationBuilder(_own_schemas(components["schemas"]), _routes(app))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            builder.complete(path, method, operation)
    components |= builder.components | {"headers": HEADERS}
    components["schemas"] = _normalize(components["schemas"])
    return document | {
        "servers": [_RELATIVE_SERVER],
        "info": document["info"] | _INFO,
        "paths": _normalize(document["paths"]),
    }


def _routes(app: FastAPI) -> dict[str, APIRoute]:
    routes: dict[str, APIRoute] = {}
    for route in iter_routes(app):
        if isinstance(route, APIRoute) and routes.setdefault(route.name, route) is not route:
            raise IncompleteOperationError(f"Two routes are named {route.name}: rename the function of one.")
    return routes


def _own_schemas(schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {name: schema for name, schema in schemas.items() if name not in _FASTAPI_SCHEMAS}


def _normalize(node: Any) -> Any:
    """Remove pydantic's titles, which repeat names, and write whole numbers as integers."""
    if isinstance(node, dict):
        return {
            name: _normalize(value) for name, value in node.items() if name != "title" or not isinstance(value, str)
        }
    if isinstance(node, list):
        return [_normalize(value) for value in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node
