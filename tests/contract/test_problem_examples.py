"""The example of each problem type equals the response that a client receives."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException

from app import errors
from app.dwipps.schemas import DwippDraft
from app.openapi import examples
from app.openapi.problem_components import problem_example
from app.web import problems
from testkit.doubles import make_error, make_offline_app, send_request
from testkit.operations import load_document

# Requests without a token that cause these problems.
REQUESTS: dict[str, dict[str, Any]] = {
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
    "access-denied": {"url": "/refuse"},
}

PROBLEM_URNS = {problem_type.urn for problem_type in problems.ALL_PROBLEM_TYPES}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app, _ = make_offline_app()
    app.state.error = ZeroDivisionError()

    def fail() -> None:
        raise app.state.error

    def write(draft: DwippDraft) -> None:
        """Require the body of `POST /v1/dwipps`, but no token."""

    def refuse() -> None:
        raise HTTPException(403)

    app.add_api_route("/refuse", refuse, methods=["POST"], include_in_schema=False)
    app.add_api_route("/fail", fail, methods=["POST"], include_in_schema=False)
    app.add_api_route("/write", write, methods=["POST"], include_in_schema=False)
    return app


def assert_equals_example(problem_type: problems.ProblemType, response: httpx.Response) -> None:
    assert response.status_code == problem_type.status
    assert response.json() == problem_example(problem_type) | {"request_id": response.headers["x-request-id"]}


@pytest.mark.parametrize("problem_type", problems.ALL_PROBLEM_TYPES, ids=lambda problem_type: str(problem_type.slug))
def test_example_is_the_actual_response(problem_type: problems.ProblemType, app: FastAPI) -> None:
    error_classes = {problem_type: error for error, problem_type in problems.PROBLEM_TYPES.items()}
    if problem_type.slug not in REQUESTS:
        app.state.error = make_error(error_classes[problem_type])
    request = REQUESTS.get(problem_type.slug, {"url": "/fail"})
    try:
        assert_equals_example(problem_type, asyncio.run(send_request(app, "POST", **request)))
    finally:
        app.state.error = ZeroDivisionError()


def test_document_has_examples_for_the_problems_in_operations() -> None:
    documented = {
        name for name in load_document()["components"]["examples"] if f"urn:dwipper:problem:{name}" in PROBLEM_URNS
    }
    known = {problem_type.slug for problem_type in problems.ALL_PROBLEM_TYPES}
    assert documented == known - {problems.METHOD_NOT_ALLOWED.slug}
    # InvalidEmailError has this type too. The example must be the general response.
    assert errors.InvalidEmailError.detail != problem_example(problems.INVALID_REQUEST)["detail"]
