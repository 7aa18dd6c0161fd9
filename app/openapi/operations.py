"""Operations of the OpenAPI document: their words, and what their requests and answers look like."""

from collections.abc import Mapping
from typing import Any

from app.openapi import examples, problem_responses
from app.openapi.headers import headers_of
from app.openapi.links import LINKS
from app.web import problems

_PARAMETERS = {
    "dwipp_id": {"description": "The `id` of a Dwipp.", "example": examples.DWIPP_ID},
    "handle": {"description": "The handle of a member.", "example": examples.HANDLE},
}
_BODILESS = {"202": "Accepted, whatever there is. There is no body.", "204": "Done. There is no body."}
_OF_FASTAPI = "Successful Response"
_SHARED_BELOW = "/v1/"


class Operations:
    """Completes what FastAPI knows of operations, and gathers the components that they refer to."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas
        self._bodies = examples.bodies()
        self._slugs: set[str] = set()
        self._answers: dict[str, Any] = {}
        self._examples: dict[str, Any] = {}

    @property
    def components(self) -> dict[str, Any]:
        """What the operations that were completed refer to, beside the schemas that they had."""
        slugs = sorted(self._slugs)
        return {
            "schemas": dict(sorted({**self._schemas, **problem_responses.schemas(slugs)}.items())),
            "responses": dict(sorted(self._answers.items())),
            "examples": dict(sorted(self._examples.items())) | problem_responses.examples_of(slugs),
        }

    def complete(self, path: str, method: str, operation: dict[str, Any]) -> None:
        """Complete an operation where it stands."""
        summary, _, more = operation["description"].partition("\n\n")
        operation |= {"summary": summary.removesuffix("."), "description": more or summary}
        for parameter in operation.get("parameters", ()):
            _complete_parameter(parameter)
        for media in operation.get("requestBody", {}).get("content", {}).values():
            media["examples"] = self._shown(media["schema"], operation["operationId"])
        answers = operation["responses"]
        if _is_of_fastapi(answers.get("422", {})):
            del answers["422"]
        answers.setdefault("413", problem_responses.described([problems.TOO_LARGE]))  # Whether it takes a body or not.
        for status, answer in answers.items():
            names = headers_of(path, method, int(status), is_page="DwippPage" in str(answer.get("content")))
            answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
            if problem_responses.SLUGS in answer:
                answers[status] = self._problem(answer, path)
            else:
                self._complete_answer(answer, operation["operationId"], status)
        operation["responses"] = dict(sorted(answers.items()))

    def _complete_answer(self, answer: dict[str, Any], operation_id: str, status: str) -> None:
        if links := LINKS.get((operation_id, int(status))):
            answer["links"] = links
        for media in answer.get("content", {}).values():
            answer["description"] = self._schemas[_name(media["schema"])]["description"]
            media["examples"] = self._shown(media["schema"], operation_id)
        if answer["description"] == _OF_FASTAPI:
            answer["description"] = _BODILESS[status]

    def _problem(self, answer: dict[str, Any], path: str) -> dict[str, Any]:
        slugs = answer[problem_responses.SLUGS]
        self._slugs.update(slugs)
        whole = problem_responses.answer(answer) | {"headers": answer["headers"]}
        if not path.startswith(_SHARED_BELOW):  # The others have one header less.
            return whole
        name = problem_responses.name_of(slugs)
        self._answers[name] = whole
        return {"$ref": f"#/components/responses/{name}"}

    def _shown(self, schema: Mapping[str, Any], operation_id: str) -> dict[str, Any]:
        name, value = _name(schema), self._bodies[_name(schema)]
        if name == "DwippView" and operation_id in examples.OF_OPERATIONS:
            name, value = operation_id, examples.dwipp(operation_id)
        self._examples[name] = {"value": value}
        return {name: {"$ref": f"#/components/examples/{name}"}}


def _complete_parameter(parameter: dict[str, Any]) -> None:
    parameter |= _PARAMETERS.get(parameter["name"], {})
    parameter["schema"].pop("description", None)  # FastAPI says it twice.


def _is_of_fastapi(answer: Mapping[str, Any]) -> bool:
    return "HTTPValidationError" in str(answer.get("content"))


def _name(schema: Mapping[str, Any]) -> str:
    """The name of a schema; only the form of OAuth2 has none of its own."""
    return str(schema.get("$ref", "PasswordGrant")).rpartition("/")[2]
