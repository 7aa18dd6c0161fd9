"""The document describes the app's problems and links, and is built on first use."""

import asyncio
import copy
import re
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from pydantic import BaseModel

from app.dwipps.schemas import DwippPage
from app.main import create_app
from app.openapi import document as document_module
from app.openapi.document import standalone_document
from app.openapi.links import BODY_EXTENSION
from app.openapi.operations import IncompleteOperationError
from app.openapi.problem_responses import PRINCIPAL_ERRORS, error_responses
from app.web import problems
from testkit.doubles import make_offline_app, send_request
from testkit.operations import ALL_OPERATIONS, load_document
from tests.contract.document import Spec, iter_operations, resolve

_PROBLEM_TYPES = {problem_type.urn: problem_type for problem_type in problems.ALL_PROBLEM_TYPES}


def _iter_problem_responses(spec: Spec) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the operation, the status and the response, for each response with a problem."""
    for operation in iter_operations(spec):
        for status, response in operation["responses"].items():
            if status != "default" and int(status) >= 400:
                yield operation["operationId"], status, resolve(spec, response)


# https://json-schema.org/draft/2020-12/json-schema-validation, and the discriminator of OpenAPI.
KEYWORDS = {
    *("$ref", "type", "enum", "const", "format", "default", "title", "description", "examples", "deprecated"),
    *("allOf", "anyOf", "oneOf", "not", "properties", "required", "additionalProperties", "items", "discriminator"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern"),
    *("minItems", "maxItems", "minProperties", "maxProperties", "writeOnly", "readOnly", "contentMediaType"),
}


class _ModelWithoutExample(BaseModel):
    """A model without an example."""

    text: str


def _read() -> DwippPage:
    """Have a description."""
    raise NotImplementedError


def _read_dict() -> dict[str, str]:
    """Have a description."""
    raise NotImplementedError


def _read_without_example() -> _ModelWithoutExample:
    """Have a description."""
    raise NotImplementedError


def _read_with_body(body: _ModelWithoutExample) -> DwippPage:
    """Have a description."""
    raise NotImplementedError


class TestProblemResponses:
    def test_description_names_the_types_in_the_schema(self) -> None:
        spec = load_document()
        for operation_id, status, response in _iter_problem_responses(spec):
            schema = response["content"][problems.MEDIA_TYPE]["schema"]
            choices = [resolve(spec, choice)["properties"] for choice in schema.get("oneOf", [schema])]
            types = [choice["type"]["const"] for choice in choices]
            assert {choice["status"]["const"] for choice in choices} == {int(status)}, operation_id
            assert response["description"] == " · ".join(f"{_PROBLEM_TYPES[name].title}: `{name}`" for name in types)

    def test_each_problem_is_defined_once_and_used(self) -> None:
        spec = load_document()
        schemas = [name for name in spec["components"]["schemas"] if name.endswith("Problem")]
        references = str(spec["components"]["responses"]) + str(spec["paths"])
        # Unknown methods belong to no operation.
        assert len(schemas) == len(_PROBLEM_TYPES) - 1
        assert all(f"#/components/schemas/{name}" in references for name in schemas)
        assert all(f"#/components/responses/{name}" in references for name in spec["components"]["responses"])

    @pytest.mark.parametrize("operation", ALL_OPERATIONS, ids=str)
    def test_each_operation_refuses_a_large_body(self, operation: Any) -> None:
        app, _ = make_offline_app()
        headers = {"Content-Length": "65537"}
        response = asyncio.run(send_request(app, operation.method, operation.path, headers=headers))
        assert response.json()["type"] == problems.BODY_TOO_LARGE.urn


def _find_broken_links(spec: Spec) -> Iterator[str]:
    """Yield the links that name an unknown operation, parameter, request field or source."""
    operations = {operation["operationId"]: operation for operation in iter_operations(spec)}
    for operation in operations.values():
        for response in operation["responses"].values():
            for name, link in response.get("links", {}).items():
                target = operations.get(link["operationId"])
                body = _get_first_example(spec, target.get("requestBody", {})) if target else {}
                accepted = {parameter["name"] for parameter in (target or {}).get("parameters", ())} | set(body)
                passed = {**link.get("parameters", {}), **link.get(BODY_EXTENSION, {})}
                available = {
                    "$response.body#": _get_first_example(spec, response),
                    "$request.body#": _get_first_example(spec, operation),
                }
                sources = (expression.split("/") for expression in passed.values())
                if not passed.keys() <= accepted or not all(field in available[source] for source, field in sources):
                    yield f"{operation['operationId']}: {name}"


def _get_first_example(spec: Spec, definition: dict[str, Any]) -> dict[str, Any]:
    """Return the first example in the body of an operation or a response. Empty if there is none."""
    content = definition.get("requestBody", definition).get("content", {})
    examples = [example for body in content.values() for example in body["examples"].values()]
    value: dict[str, Any] = resolve(spec, examples[0])["value"] if examples else {}
    return value


def _iter_schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the schemas in a part of the document: of parameters, headers, contents and components."""
    if isinstance(node, list):
        for each in node:
            yield from _iter_schemas(each)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "schema":
                yield from _iter_subschemas(value)
            elif name == "schemas":
                for schema in value.values():
                    yield from _iter_subschemas(schema)
            else:
                yield from _iter_schemas(value)


def _iter_subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    yield schema
    for name in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(name, ()):
            yield from _iter_subschemas(each)
    children = [schema[name] for name in ("items", "not", "additionalProperties") if isinstance(schema.get(name), dict)]
    for each in [*schema.get("properties", {}).values(), *children]:
        yield from _iter_subschemas(each)


def test_schemas_have_only_keywords_of_json_schema() -> None:
    """A constraint that pydantic cannot express stays as it is, such as `ge` after a validator."""
    document = load_document()
    for name in ("paths", "components"):
        for schema in _iter_schemas(document[name]):
            assert schema.keys() <= KEYWORDS, schema


class TestLinks:
    def test_each_link_fits_its_target_operation(self) -> None:
        spec = load_document()
        assert list(_find_broken_links(spec)) == []
        links = spec["paths"]["/v1/dwipps"]["post"]["responses"]["201"]["links"]
        assert {"read_dwipp", "edit_dwipp", "delete_dwipp", "toggle_upvote", "set_favorite"} <= links.keys()

    def test_no_link_has_a_request_body(self) -> None:
        """A `requestBody` would have to be the whole body. Expressions in an object are literal text."""
        for operation in iter_operations(load_document()):
            for response in operation["responses"].values():
                assert not any("requestBody" in link for link in response.get("links", {}).values())

    @pytest.mark.parametrize(
        "change",
        [
            lambda link: link.update(operationId="read_thought"),
            lambda link: link.update(parameters={"id": "$response.body#/id"}),
            lambda link: link.update(parameters={"dwipp_id": "$response.body#/key"}),
            lambda link: link.update({BODY_EXTENSION: {"title": "$response.body#/text"}}),
        ],
        ids=["unknown operation", "unknown parameter", "unknown source", "unknown request field"],
    )
    def test_broken_link_is_found(self, change: Callable[[dict[str, Any]], None]) -> None:
        spec = copy.deepcopy(load_document())
        change(spec["paths"]["/v1/dwipps"]["post"]["responses"]["201"]["links"]["edit_dwipp"])
        assert list(_find_broken_links(spec)) == ["create_dwipp: edit_dwipp"]


class TestBuild:
    def test_document_is_built_once_on_first_use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        build = Mock(side_effect=document_module._build)
        monkeypatch.setattr(document_module, "_build", build)
        app = create_app()
        assert (app.openapi_schema, build.call_count) == (None, 0)
        assert app.openapi() is app.openapi()
        assert build.call_count == 1

    def test_failed_build_is_not_cached(self) -> None:
        app, _ = make_offline_app()
        app.add_api_route("/v1/broken", lambda: None)
        for _ in range(2):
            response = asyncio.run(send_request(app, "GET", "/openapi.json"))
            assert response.status_code == 500
            assert response.json()["type"] == "urn:dwipper:problem:internal-error"

    @pytest.mark.parametrize(
        ("endpoint", "options", "gap"),
        [
            pytest.param(_read, {"summary": None}, "has no summary: pass `summary=` to its route.", id="summary"),
            pytest.param(lambda: None, {}, "has no description: give its endpoint a docstring.", id="description"),
            pytest.param(
                _read, {"responses": {}}, "documents no errors: pass `responses=error_responses(…)`.", id="errors"
            ),
            pytest.param(
                _read_dict, {}, "returns no pydantic model: define one for its response.", id="response model"
            ),
            pytest.param(
                _read_without_example,
                {},
                "has no example: add one to the `model_config` of _ModelWithoutExample.",
                id="response example",
            ),
            pytest.param(
                _read_with_body,
                {},
                "has no example: add one to the `model_config` of _ModelWithoutExample.",
                id="request example",
            ),
        ],
    )
    def test_error_names_the_incomplete_operation_and_its_gap(
        self, endpoint: Callable[..., Any], options: dict[str, Any], gap: str
    ) -> None:
        complete = {"summary": "Read it", "responses": error_responses(*PRINCIPAL_ERRORS)}
        app = create_app()
        app.add_api_route("/v1/broken", endpoint, name="read_broken", **complete | options)
        with pytest.raises(IncompleteOperationError, match=re.escape(f"GET /v1/broken (read_broken) {gap}")):
            app.openapi()

    @pytest.mark.filterwarnings("ignore:Duplicate Operation ID")  # FastAPI only warns.
    def test_two_routes_with_one_name_are_an_error(self) -> None:
        app = create_app()
        app.add_api_route("/v1/again", _read, name="list_dwipps")
        with pytest.raises(IncompleteOperationError, match=r"Two routes are named list_dwipps: rename the function"):
            app.openapi()

    def test_only_the_published_document_names_a_host(self) -> None:
        app = create_app()
        documents = standalone_document(app), app.openapi()
        assert [[server["url"] for server in document["servers"]] for document in documents] == [["{origin}"], ["."]]
