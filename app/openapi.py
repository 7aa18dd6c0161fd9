"""The OpenAPI document, made to say what this app answers where FastAPI writes down what it would answer by itself."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from app import errors, problems
from app.headers import HEADERS, headers_of
from app.links import LINKS
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
    """The OpenAPI responses of an operation that can give these problems, and no others of their statuses."""
    by_status: dict[int, list[problems.Kind]] = {}
    for kind in (problems.KINDS[kind] if isinstance(kind, type) else kind for kind in kinds):
        by_status.setdefault(kind.status, []).append(kind)
    return {status: _one_of(of_status) for status, of_status in by_status.items()}


def document(app: FastAPI, generate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The document, with the schema of problems and without FastAPI's own validation errors; made once."""
    if app.openapi_schema is None:
        spec = generate()
        for path, method, operation in _operations(spec):
            answers = operation["responses"]
            if "HTTPValidationError" in str(answers.get("422")):
                del answers["422"]
            for status, answer in answers.items():
                _complete(answer, path, method, operation["operationId"], int(status))
        components = spec["components"]
        for name in _UNUSED:
            components["schemas"].pop(name, None)
        components["schemas"].update(_problem_schemas())
        components["headers"] = HEADERS
    return app.openapi_schema or {}


def _one_of(kinds: list[problems.Kind]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem", "properties": {"type": {"enum": [kind.type for kind in kinds]}}}
    return {
        "description": " · ".join(f"{kind.title}: `{kind.type}`" for kind in kinds),
        "content": {problems.MEDIA_TYPE: {"schema": schema}},
    }


def _complete(answer: dict[str, Any], path: str, method: str, operation_id: str, status: int) -> None:
    """Add the headers and the links of one answer."""
    is_page = "DwippPage" in str(answer.get("content"))
    names = headers_of(path, method, status, is_page=is_page)
    answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if links := LINKS.get((operation_id, status)):
        answer["links"] = links


def _operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _problem_schemas() -> dict[str, Any]:
    _, schema = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
