"""The OpenAPI document, made to say what this app answers where FastAPI writes down what it would answer by itself."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from app import errors
from app.openapi import problem_responses
from app.openapi.headers import HEADERS
from app.openapi.operations import Operations
from app.web import problems

# What operations can answer: those that take a body, those that ask Cognito, those for whoever has a token, and those
# for members, who are made from Cognito's users when they first come.
OF_BODIES = (problems.INVALID, problems.MALFORMED, problems.TOO_LARGE, problems.WRONG_MEDIA_TYPE)
OF_COGNITO = (problems.INTERNAL, errors.UnavailableError, errors.TooManyRequestsError)
OF_CALLERS = (problems.INTERNAL, errors.UnavailableError, errors.UnauthenticatedError)
OF_MEMBERS = (*OF_CALLERS, errors.TooManyRequestsError)

Documented = dict[int | str, dict[str, Any]]

_UNUSED = ("HTTPValidationError", "ValidationError")
_INFO = {
    "contact": {"name": "The maintainers of Dwipper"},
    "license": {"name": "MIT", "identifier": "MIT"},
}
# Where the document is on its own. The app's own names its stage, if there is one, and no host.
_SERVER = {
    "url": "{origin}",
    "description": "An API of yours: the address that `make run` or `make outputs` prints.",
    "variables": {"origin": {"default": "http://127.0.0.1:8000", "description": "Where it is, its stage included."}},
}


def documented(*kinds: type[errors.DwipperError] | problems.Kind) -> Documented:
    """The OpenAPI responses of an operation that can give these problems, and no others of their statuses."""
    by_status: dict[int, list[problems.Kind]] = {}
    for kind in (problems.KINDS[kind] if isinstance(kind, type) else kind for kind in kinds):
        by_status.setdefault(kind.status, []).append(kind)
    return {status: problem_responses.described(of_status) for status, of_status in by_status.items()}


def document(app: FastAPI, generate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The document; made once, when somebody first asks for it."""
    if app.openapi_schema is None:
        spec = generate()
        components = spec["components"]
        schemas = {name: schema for name, schema in components["schemas"].items() if name not in _UNUSED}
        operations = Operations(schemas)
        for path, methods in spec["paths"].items():
            for method, operation in methods.items():
                operations.complete(path, method, operation)
        components |= operations.components | {"headers": HEADERS}
        components["schemas"] = _tidy(components["schemas"])
        spec |= {"info": spec["info"] | _INFO, "paths": _tidy(spec["paths"])}
    return app.openapi_schema or {}


def published(app: FastAPI) -> dict[str, Any]:
    """The document as a file, which somebody reads who has not asked any API for it."""
    return app.openapi() | {"servers": [_SERVER]}


def _tidy(node: Any) -> Any:
    """The same without pydantic's titles, which repeat names, and with whole numbers that look like it."""
    if isinstance(node, dict):
        return {name: _tidy(value) for name, value in node.items() if name != "title" or not isinstance(value, str)}
    if isinstance(node, list):
        return [_tidy(value) for value in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node
