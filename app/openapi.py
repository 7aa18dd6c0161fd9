"""The OpenAPI document, made to say what this app answers where FastAPI writes down what it would answer by itself."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from app.problems import Problem

_UNUSED = ("HTTPValidationError", "ValidationError")


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
