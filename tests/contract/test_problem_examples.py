"""The example of every problem is what a client meets."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app import errors
from app.dwipps.schemas import DwippDraft
from app.openapi import examples
from app.openapi.problem_responses import problem_example
from app.web import problems
from testkit.doubles import offline_app, send_request
from testkit.operations import document

# Each as a client would meet it who has no token.
MET: dict[str, dict[str, Any]] = {
    "malformed-request": {"url": "/v1/auth/login", "content": "{", "headers": {"Content-Type": "application/json"}},
    "unsupported-media-type": {"url": "/v1/auth/login", "content": "{}"},
    "body-too-large": {"url": "/v1/auth/login", "content": "x" * 65_537},
    "weak-password": {
        "url": "/v1/auth/password/reset",
        "json": {"email": examples.EMAIL, "code": "123456", "new_password": "qwertz"},
    },
    "invalid-token-request": {"url": "/v1/auth/token", "data": {"username": "kay"}},
    "invalid-request": {"url": "/write", "json": {}},
    "not-found": {"url": "/nowhere"},
    "method-not-allowed": {"url": "/v1/dwipps/x"},
    "internal-error": {"url": "/fail"},
}

TYPES = {each.urn for each in problems.ALL_PROBLEM_TYPES}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app, _ = offline_app()
    app.state.raised = ZeroDivisionError()

    def fail() -> None:
        raise app.state.raised

    def write(draft: DwippDraft) -> None:
        """Need a body as `POST /v1/dwipps` does, but no token."""

    app.add_api_route("/fail", fail, methods=["POST"], include_in_schema=False)
    app.add_api_route("/write", write, methods=["POST"], include_in_schema=False)
    return app


def _assert_as(kind: problems.ProblemType, answer: httpx.Response) -> None:
    assert answer.status_code == kind.status
    assert answer.json() == problem_example(kind) | {"request_id": answer.headers["x-request-id"]}


@pytest.mark.parametrize("kind", problems.ALL_PROBLEM_TYPES, ids=lambda kind: str(kind.slug))
def test_a_problem_is_as_a_client_meets_it(kind: problems.ProblemType, app: FastAPI) -> None:
    raised = {kind: error for error, kind in problems.PROBLEM_TYPES.items()}
    if kind.slug not in MET:
        app.state.raised = raised[kind]()
    asked = MET.get(kind.slug, {"url": "/fail"})
    try:
        _assert_as(kind, asyncio.run(send_request(app, "POST", **asked)))
    finally:
        app.state.raised = ZeroDivisionError()


def test_the_examples_are_of_the_kinds_that_operations_can_give() -> None:
    shown = {name for name in document()["components"]["examples"] if f"urn:dwipper:problem:{name}" in TYPES}
    assert shown == {kind.slug for kind in problems.ALL_PROBLEM_TYPES} - {
        problems.NOT_FOUND.slug,
        problems.METHOD_NOT_ALLOWED.slug,
    }
    assert errors.InvalidEmailError.detail != problem_example(problems.INVALID_REQUEST)["detail"]
