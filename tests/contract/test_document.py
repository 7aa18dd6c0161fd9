"""What the document says of problems and links is what there is; nothing of it is made before it is asked for."""

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
from app.openapi.operations import IncompleteOperationError
from app.openapi.problem_responses import PRINCIPAL_ERRORS, error_responses
from app.web import problems
from testkit.doubles import offline_app, send_request
from testkit.operations import ALL_OPERATIONS, document
from tests.contract.document import Spec, operations, resolved

_TYPES = {kind.urn: kind for kind in problems.ALL_PROBLEM_TYPES}


def _problems(spec: Spec) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every answer that is a problem, whose it is, and with which status."""
    for operation in operations(spec):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                yield operation["operationId"], status, resolved(spec, answer)


class _WithoutExample(BaseModel):
    """A response without an example."""

    text: str


class TestProblems:
    def test_an_answer_names_the_types_that_its_schema_has(self) -> None:
        spec = document()
        for operation_id, status, answer in _problems(spec):
            schema = answer["content"][problems.MEDIA_TYPE]["schema"]
            choices = [resolved(spec, choice)["properties"] for choice in schema.get("oneOf", [schema])]
            types = [choice["type"]["const"] for choice in choices]
            assert {choice["status"]["const"] for choice in choices} == {int(status)}, operation_id
            assert answer["description"] == " · ".join(f"{_TYPES[name].title}: `{name}`" for name in types)

    def test_none_is_there_twice_and_none_for_nobody(self) -> None:
        spec = document()
        schemas = [name for name in spec["components"]["schemas"] if name.endswith("Problem")]
        answers = str(spec["components"]["responses"]) + str(spec["paths"])
        assert len(schemas) == len(_TYPES) - 2  # Less those of paths and methods that there are not.
        assert all(f"#/components/schemas/{name}" in answers for name in schemas)
        assert all(f"#/components/responses/{name}" in answers for name in spec["components"]["responses"])

    @pytest.mark.parametrize("operation", ALL_OPERATIONS, ids=str)
    def test_a_body_that_is_too_large_is_one_of_them_for_each(self, operation: Any) -> None:
        app, _ = offline_app()
        announced = {"Content-Length": "65537"}
        answer = asyncio.run(send_request(app, operation.method, operation.path, headers=announced))
        assert answer.json()["type"] == problems.BODY_TOO_LARGE.urn


def _dangling(spec: Spec) -> Iterator[str]:
    """The links that lead nowhere, that give what is not taken, and that take what is not there."""
    by_name = {operation["operationId"]: operation for operation in operations(spec)}
    for operation in by_name.values():
        for answer in operation["responses"].values():
            for name, link in answer.get("links", {}).items():
                target = by_name.get(link["operationId"])
                body = _shown(spec, target.get("requestBody", {})) if target else {}
                taken = {each["name"] for each in (target or {}).get("parameters", ())} | set(body)
                given = {**link.get("parameters", {}), **link.get("requestBody", {})}
                there = {"$response.body#": _shown(spec, answer), "$request.body#": _shown(spec, operation)}
                sources = (expression.split("/") for expression in given.values())
                if not given.keys() <= taken or not all(field in there[place] for place, field in sources):
                    yield f"{operation['operationId']}: {name}"


def _shown(spec: Spec, described: dict[str, Any]) -> dict[str, Any]:
    """The first example of a body."""
    content = described.get("requestBody", described).get("content", {})
    shown = [example for body in content.values() for example in body["examples"].values()]
    value: dict[str, Any] = resolved(spec, shown[0])["value"] if shown else {}
    return value


class TestLinks:
    def test_each_leads_to_an_operation_and_gives_what_that_takes(self) -> None:
        spec = document()
        assert list(_dangling(spec)) == []
        links = spec["paths"]["/v1/dwipps"]["post"]["responses"]["201"]["links"]
        assert {"read_dwipp", "edit_dwipp", "delete_dwipp", "toggle_upvote", "set_favorite"} <= links.keys()

    @pytest.mark.parametrize(
        "mistake",
        [
            lambda link: link.update(operationId="read_thought"),
            lambda link: link.update(parameters={"id": "$response.body#/id"}),
            lambda link: link.update(parameters={"dwipp_id": "$response.body#/key"}),
            lambda link: link.update(requestBody={"title": "$response.body#/text"}),
        ],
    )
    def test_a_mistake_would_be_found(self, mistake: Callable[[dict[str, Any]], None]) -> None:
        spec = copy.deepcopy(document())
        mistake(spec["paths"]["/v1/dwipps"]["post"]["responses"]["201"]["links"]["edit_dwipp"])
        assert list(_dangling(spec)) == ["create_dwipp: edit_dwipp"]


class TestMaking:
    def test_it_is_built_on_first_use_and_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        build = Mock(side_effect=document_module._build)
        monkeypatch.setattr(document_module, "_build", build)
        app = create_app()
        assert (app.openapi_schema, build.call_count) == (None, 0)
        assert app.openapi() is app.openapi()
        assert build.call_count == 1

    def test_a_failed_build_is_not_kept(self) -> None:
        app, _ = offline_app()
        app.add_api_route("/v1/broken", lambda: None)
        for _ in range(2):
            answer = asyncio.run(send_request(app, "GET", "/openapi.json"))
            assert answer.status_code == 500
            assert answer.json()["type"] == "urn:dwipper:problem:internal-error"

    def test_an_incomplete_operation_is_named_with_what_it_lacks(self) -> None:
        def documented() -> DwippPage:
            """Have a description."""
            raise NotImplementedError

        def without_example() -> _WithoutExample:
            """Have a description."""
            raise NotImplementedError

        complete = error_responses(*PRINCIPAL_ERRORS)
        for endpoint, responses, message in (
            (lambda: None, complete, "has no description: give its endpoint a docstring"),
            (documented, {}, "documents no errors: pass `responses=error_responses(…)`"),
            (without_example, complete, "has no example: add one to the `model_config` of _WithoutExample"),
        ):
            app = create_app()
            app.add_api_route("/v1/broken", endpoint, name="read_broken", responses=responses)
            with pytest.raises(IncompleteOperationError, match=re.escape(f"GET /v1/broken (read_broken) {message}")):
                app.openapi()

    def test_only_what_is_published_names_a_server(self) -> None:
        app = create_app()
        assert standalone_document(app)["servers"]
        assert "servers" not in app.openapi()
