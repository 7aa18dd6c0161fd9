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
from tests.contract.document import Spec, iter_operations, merge_properties, resolve, resolve_choices

_BASE = "#/components/schemas/Problem"
_PROBLEM_TYPES = {problem_type.urn: problem_type for problem_type in problems.ALL_PROBLEM_TYPES}


def _iter_problem_responses(spec: Spec) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the operation, the status and the response, for each response with a problem."""
    for operation in iter_operations(spec):
        for status, response in operation["responses"].items():
            if status != "default" and int(status) >= 400:
                yield operation["operationId"], status, resolve(spec, response)


_EXCLUSIVE_BOUNDS = {"exclusiveMinimum", "exclusiveMaximum"}
_GENERATED_SUFFIXES = (
    "",
    "Response",
    "Responses",
    "Params",
    "Body",
    "JSONBody",
    "JSONRequestBody",
    "Data",
    "Error",
    "Res",
)
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
            choices = [merge_properties(spec, choice) for choice in resolve_choices(spec, schema)]
            types = [name for choice in choices for name in choice["type"]["enum"]]
            assert all(choice["status"]["enum"] == [int(status)] for choice in choices), operation_id
            assert response["description"] == " · ".join(f"{_PROBLEM_TYPES[name].title}: `{name}`" for name in types)

    def test_each_problem_is_defined_once_and_used(self) -> None:
        spec = load_document()
        schemas = {name: each for name, each in spec["components"]["schemas"].items() if name.endswith("Problem")}
        types = [name for name, schema in schemas.items() if "allOf" in schema]
        # Unknown methods belong to no operation.
        assert len(types) == len(_PROBLEM_TYPES) - 1
        assert all(f"'#/components/schemas/{name}'" in str(spec) for name in schemas)
        assert all(f"'#/components/responses/{name}'" in str(spec) for name in spec["components"]["responses"])

    def test_each_problem_type_extends_the_base(self) -> None:
        schemas = load_document()["components"]["schemas"]
        extended = {name for name, schema in schemas.items() if {"$ref": _BASE} in schema.get("allOf", ())}
        unions = {name for name, schema in schemas.items() if "discriminator" in schema}
        assert {name for name in schemas if name.endswith("Problem")} == {"Problem"} | extended | unions

    def test_discriminator_selects_the_schema_of_the_type(self) -> None:
        spec = load_document()
        unions = [schema for schema in _iter_schemas(spec["components"]) if "oneOf" in schema]
        assert len(unions) > 10
        for union in unions:
            mapping, name = union["discriminator"]["mapping"], union["discriminator"]["propertyName"]
            assert sorted(mapping.values()) == sorted(choice["$ref"] for choice in union["oneOf"])
            for urn, reference in mapping.items():
                assert merge_properties(spec, resolve(spec, {"$ref": reference}))[name]["enum"] == [urn]

    def test_each_operation_has_throttling_and_a_default(self) -> None:
        spec = load_document()
        for operation in iter_operations(spec):
            for status in ("429", "default"):
                response = resolve(spec, operation["responses"][status])
                choices = resolve_choices(spec, response["content"][problems.MEDIA_TYPE]["schema"])
                types = [merge_properties(spec, choice)["type"]["enum"] for choice in choices]
                assert ["urn:dwipper:problem:too-many-requests"] in types, operation["operationId"]

    @pytest.mark.parametrize("operation", ALL_OPERATIONS, ids=str)
    def test_each_operation_refuses_a_large_body(self, operation: Any) -> None:
        app, _ = make_offline_app()
        headers = {"Content-Length": "65537"}
        response = asyncio.run(send_request(app, operation.method, operation.path, headers=headers))
        assert response.json()["type"] == problems.BODY_TOO_LARGE.urn


def _is_bounded(schema: dict[str, Any]) -> bool:
    formats = ("uuid", "date-time", "uri-reference")
    return bool({"maxLength", "pattern", "enum", "const"} & schema.keys()) or schema.get("format") in formats


class TestBounds:
    def test_each_text_has_a_bound(self) -> None:
        components = load_document()["components"]
        texts = [each for each in _iter_schemas(components) if each.get("type") == "string"]
        assert len(texts) > 100
        assert [each for each in texts if not _is_bounded(each)] == []

    def test_each_parameter_has_a_bound(self) -> None:
        """A path with any text has a defined response: 404, or 204 if the removed thing never existed."""
        for operation in iter_operations(load_document()):
            for parameter in operation.get("parameters", ()):
                if parameter["in"] != "path" and parameter["schema"].get("type") == "string":
                    assert _is_bounded(parameter["schema"]), f"{operation['operationId']} {parameter['name']}"

    def test_each_list_has_a_bound(self) -> None:
        """The number of errors is bounded by the size of a body only."""
        schemas = load_document()["components"]["schemas"]
        lists = {
            f"{name}.{field}": value
            for name, schema in schemas.items()
            for field, value in schema.get("properties", {}).items()
            if value.get("type") == "array"
        }
        assert len(lists) > 10
        assert [name for name, value in lists.items() if "maxItems" not in value] == []

    def test_page_has_at_most_the_items_of_the_highest_limit(self) -> None:
        spec = load_document()
        (limit,) = (each for each in spec["paths"]["/v1/dwipps"]["get"]["parameters"] if each["name"] == "limit")
        for name in ("FeedPage", "DwippPage", "BlockPage", "CasePage", "LogPage"):
            items = spec["components"]["schemas"][name]["properties"]["items"]
            assert items["maxItems"] == limit["schema"]["maximum"] == 100

    def test_optional_field_of_a_body_is_never_null(self) -> None:
        schemas = load_document()["components"]["schemas"]
        bodies = {name: each for name, each in schemas.items() if each.get("additionalProperties") is False}
        assert len(bodies) > 10
        for name, schema in bodies.items():
            optional = schema["properties"].keys() - set(schema["required"])
            assert not [field for field in optional if "null" in str(schema["properties"][field])], name


def test_public_operations_say_so() -> None:
    spec = load_document()
    for path, item in spec["paths"].items():
        for operation in item.values():
            is_public = path.startswith("/v1/auth/") or not path.startswith("/v1/")
            assert operation["security"] == ([] if is_public else [{"Member": []}]), operation["operationId"]


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


class TestGenerators:
    """Rules of the generators of clients. tests/e2e/clients/test_generators.py runs them."""

    def test_no_schema_has_the_name_of_a_generated_type(self) -> None:
        """Generators name types after operations: oapi-codegen calls the result of `register` `RegisterResponse`."""
        spec = load_document()
        names = ["".join(map(str.capitalize, each["operationId"].split("_"))) for each in iter_operations(spec)]
        generated = {f"{name}{suffix}" for name in names for suffix in _GENERATED_SUFFIXES}
        assert not generated & spec["components"]["schemas"].keys()

    def test_bounds_are_inclusive(self) -> None:
        """In OpenAPI 3.0, which ogen and progenitor read, an exclusive bound is a boolean."""
        assert not [schema for schema in _iter_schemas(load_document()) if _EXCLUSIVE_BOUNDS & schema.keys()]

    def test_form_names_all_its_parameters(self) -> None:
        """With `additionalProperties`, orval generates code that is invalid in strict TypeScript."""
        schema = load_document()["paths"]["/v1/auth/token"]["post"]["requestBody"]["content"]
        assert "additionalProperties" not in schema["application/x-www-form-urlencoded"]["schema"]

    def test_published_document_has_absolute_urls(self) -> None:
        spec = load_document()
        flow = spec["components"]["securitySchemes"]["Member"]["flows"]["password"]
        assert spec["servers"][0]["url"] == "http://127.0.0.1:8000"
        assert flow["tokenUrl"] == "http://127.0.0.1:8000/v1/auth/token"

    def test_served_document_has_relative_urls(self) -> None:
        document = create_app().openapi()
        assert document["components"]["securitySchemes"]["Member"]["flows"]["password"]["tokenUrl"] == "v1/auth/token"


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
        assert [[server["url"] for server in document["servers"]] for document in documents] == [
            ["http://127.0.0.1:8000", "{origin}"],
            ["."],
        ]
