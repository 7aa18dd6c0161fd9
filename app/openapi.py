"""The OpenAPI document, made to say what this app answers where FastAPI writes down what it would answer by itself."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from app import errors, problems
from app.problems import Problem

# What operations can answer: those that take a body, those that ask Cognito, those for whoever has a token, and those
# for members, who are made from Cognito's users when they first come.
OF_BODIES = (problems.INVALID, problems.MALFORMED, problems.TOO_LARGE, problems.WRONG_MEDIA_TYPE)
OF_COGNITO = (problems.INTERNAL, errors.UnavailableError, errors.TooManyRequestsError)
OF_CALLERS = (problems.INTERNAL, errors.UnavailableError, errors.UnauthenticatedError)
OF_MEMBERS = (*OF_CALLERS, errors.TooManyRequestsError)

Documented = dict[int | str, dict[str, Any]]

_UNUSED = ("HTTPValidationError", "ValidationError")


def documented(*kinds: type[errors.DwipperError] | problems.Kind) -> Documented:
    """The OpenAPI responses of an operation that can give these problems."""
    by_status: Documented = {}
    for kind in (problems.KINDS[kind] if isinstance(kind, type) else kind for kind in kinds):
        entry = by_status.setdefault(
            kind.status,
            {
                "description": "",
                "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
        entry["description"] = " · ".join(filter(None, [entry["description"], f"{kind.title}: `{kind.type}`"]))
    return by_status


def document(app: FastAPI, generate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The document, with the schema of problems and without FastAPI's own validation errors; made once."""
    if app.openapi_schema is None:
        spec = generate()
        for operation in _operations(spec):
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
        schemas = spec["components"]["schemas"]
        for name in _UNUSED:
            schemas.pop(name, None)
        schemas.update(_problem_schemas())
    return app.openapi_schema or {}


def _operations(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for path in spec["paths"].values() for operation in path.values())


def _problem_schemas() -> dict[str, Any]:
    _, schema = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
