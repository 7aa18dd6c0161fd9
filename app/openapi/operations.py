"""Operations of the OpenAPI document: completes what FastAPI generates from the routes."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from fastapi.routing import APIRoute

from app.errors import RateLimitedError
from app.openapi import problem_components
from app.openapi.headers import common_headers, response_headers
from app.openapi.links import links_with_parameters
from app.openapi.problem_responses import SLUGS_KEY, declare_response
from app.web.problems import BODY_TOO_LARGE, PROBLEM_TYPES

_BODILESS = {"202": "Accepted. The response has no body.", "204": "Done. The response has no body."}
_FASTAPI_DESCRIPTION = "Successful Response"
_SHARED_RESPONSES_PREFIX = "/v1/"
_RATE_LIMITED = PROBLEM_TYPES[RateLimitedError]
# `python -OO` removes docstrings. The document then lacks descriptions and keeps its summaries.
_DOCSTRINGS_REMOVED = sys.flags.optimize >= 2


class IncompleteOperationError(Exception):
    """An operation lacks a required part, or has the same name as another operation. The message names it."""


class OperationBuilder:
    """The completion of operations, and the components that they refer to.

    Args:
        schemas: the schemas that FastAPI generated, by name.
        routes: the routes by operation id. Examples are read from them, because FastAPI drops null members from the
            examples in its schemas.
    """

    def __init__(self, schemas: Mapping[str, dict[str, Any]], routes: Mapping[str, APIRoute]) -> None:
        self._schemas = {name: _without_examples(schema) for name, schema in schemas.items()}
        self._routes = routes
        self._alternatives: set[tuple[str, ...]] = set()
        self._responses: dict[str, Any] = {}
        self._examples: dict[str, Any] = {}

    @property
    def components(self) -> dict[str, Any]:
        """Return the components of the completed operations."""
        slugs = sorted(set(chain.from_iterable(self._alternatives)))
        schemas = {**self._schemas, **problem_components.problem_schemas(self._alternatives)}
        return {
            "schemas": dict(sorted(schemas.items())),
            "responses": dict(sorted(self._responses.items())),
            "examples": dict(sorted(self._examples.items())) | problem_components.problem_examples(slugs),
        }

    def complete(self, path: str, method: str, operation: dict[str, Any]) -> None:
        """Complete an operation in place.

        Raises:
            IncompleteOperationError: if it lacks a summary, a description, documented errors, or an example of a body.
        """
        name = f"{method.upper()} {path} ({operation['operationId']})"
        route = self._routes[operation["operationId"]]
        if not route.summary:
            raise IncompleteOperationError(f"{name} has no summary: pass `summary=` to its route.")
        if not operation.get("description") and not _DOCSTRINGS_REMOVED:
            raise IncompleteOperationError(f"{name} has no description: give its endpoint a docstring.")
        for parameter in operation.get("parameters", ()):
            _complete_parameter(parameter)
        for media in operation.get("requestBody", {}).get("content", {}).values():
            self._add_example(media, name, route.name, media.get("example"), _body_model(route))
        operation.setdefault("security", [])  # Explicitly public.
        responses = operation["responses"]
        if _is_default_422(responses.get("422", {})):
            del responses["422"]
        # The middleware responds so, whether or not the operation takes a body.
        responses.setdefault("413", declare_response([BODY_TOO_LARGE]))
        if path.startswith(_SHARED_RESPONSES_PREFIX) and "500" not in responses:
            raise IncompleteOperationError(f"{name} documents no errors: pass `responses=error_responses(…)`.")
        problem_components.add_gateway_errors(responses)
        is_limited = _RATE_LIMITED.slug in responses.get("429", {}).get(SLUGS_KEY, ())
        for status, response in responses.items():
            is_page = _is_page(response)
            headers = response_headers(path, method, int(status), is_page=is_page, is_limited=is_limited)
            response["headers"] = _refer_to_headers(headers)
            if SLUGS_KEY in response:
                responses[status] = self._problem_response(response, path)
            else:
                self._complete_response(operation, status, name, route)
        default = problem_components.declare_default_response()
        default["headers"] = _refer_to_headers(common_headers(path))
        responses["default"] = self._problem_response(default, path)
        operation["responses"] = dict(sorted(responses.items()))

    def _complete_response(self, operation: dict[str, Any], status: str, name: str, route: APIRoute) -> None:
        response = operation["responses"][status]
        if status == "200" and (links := dict(_next_page_link(operation))):
            response["links"] = links | response.get("links", {})
        declared = route.responses.get(int(status), {}).get("content", {})
        for media_type, media in response.get("content", {}).items():
            schema = self._schemas.get(_schema_name(media["schema"]))
            if schema is None:
                raise IncompleteOperationError(f"{name} returns no pydantic model: define one for its response.")
            response["description"] = schema.get("description", response["description"])
            example = declared.get(media_type, {}).get("example")
            self._add_example(media, name, route.name, example, route.response_model)
        if response["description"] == _FASTAPI_DESCRIPTION and status in _BODILESS:
            response["description"] = _BODILESS[status]

    def _problem_response(self, declared: dict[str, Any], path: str) -> dict[str, Any]:
        slugs = declared[SLUGS_KEY]
        self._alternatives.add(tuple(slugs))
        response = problem_components.build_response(declared) | {"headers": declared["headers"]}
        if not path.startswith(_SHARED_RESPONSES_PREFIX):  # Other paths lack Cache-Control.
            return response
        name = problem_components.response_name(slugs, is_counted="RateLimit" in declared["headers"])
        self._responses[name] = response
        return {"$ref": f"#/components/responses/{name}"}

    def _add_example(self, media: dict[str, Any], name: str, operation_id: str, own_example: Any, model: Any) -> None:
        """Refer from a body to its example: the route's own one, or that of the pydantic model."""
        media.pop("example", None)
        own_name = media["schema"].get("title", operation_id)
        example_name, example = (own_name, own_example) if own_example else _model_example(model)
        if not example:
            raise IncompleteOperationError(f"{name} has no example: add one to the `model_config` of {example_name}.")
        self._examples[example_name] = {"value": example}
        media["examples"] = {example_name: {"$ref": f"#/components/examples/{example_name}"}}


def _refer_to_headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _body_model(route: APIRoute) -> Any:
    return route.body_field.field_info.annotation if route.body_field else None


def _model_example(model: Any) -> tuple[str, Any]:
    """Return the name and the example of a pydantic model. The example is None if there is none."""
    extra = getattr(model, "model_config", {}).get("json_schema_extra") or {}
    return getattr(model, "__name__", "its body's model"), next(iter(extra.get("examples", ())), None)


def _without_examples(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "examples"}


def _complete_parameter(parameter: dict[str, Any]) -> None:
    parameter["schema"].pop("description", None)  # FastAPI repeats the parameter's own description.
    # Swagger UI fills in the example of a parameter, but not that of a schema. Only path parameters should be filled
    # in: a constant Idempotency-Key would turn every create after the first into a replay.
    if parameter["in"] == "path" and (examples := parameter["schema"].pop("examples", None)):
        parameter["example"] = examples[0]


def _next_page_link(operation: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ())):
        yield from links_with_parameters(operation["operationId"], cursor="$response.body#/next_cursor").items()


def _is_default_422(response: Mapping[str, Any]) -> bool:
    return "HTTPValidationError" in str(response.get("content"))


def _is_page(response: Mapping[str, Any]) -> bool:
    return any(_schema_name(media["schema"]).endswith("Page") for media in response.get("content", {}).values())


def _schema_name(schema: Mapping[str, Any]) -> str:
    """Return the name of a referenced schema. Empty for an inline schema."""
    return str(schema.get("$ref", "")).rpartition("/")[2]
