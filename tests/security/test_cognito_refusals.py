"""Each error that Cognito's API reference lists for a call leads to the documented response of the request.

MiniStack and moto cannot raise most of these errors: an expired code, a lock-out, an undelivered mail, limits, a wrong
configuration. The list of errors is botocore's, so that a new error without an outcome fails a test.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import httpx
import pytest

from app.aws.clients import cognito_client
from app.cognito import user_pool
from app.main import create_app
from devstack.process import Service
from testkit.doubles import SETTINGS
from tests.conftest import REGION, Figures
from tests.contract.document import resolve
from tests.security.cognito_refusals import (
    CASES,
    INVALID_CODE,
    INVALID_CREDENTIALS,
    UNAUTHENTICATED,
    WRONG_PASSWORD,
    Case,
    Outcome,
)
from tests.security.watched_api import WatchedApi, open_watched_api

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["uvicorn", "rest"])
def watched(request: pytest.FixtureRequest, embedded: Service) -> Iterator[WatchedApi]:
    with open_watched_api(embedded.endpoint, request.param) as watched, pytest.MonkeyPatch.context() as patch:
        patch.setattr(user_pool, "_MAX_SIGN_OUT_PAUSE_SECONDS", 0)
        yield watched


async def _collect_outcomes(case: Case, errors: Mapping[str, str], watched: WatchedApi) -> dict[str, Outcome]:
    """Send the request once for each error of its call. Return the outcomes by error.

    Args:
        case: the request and its call.
        errors: the messages of the errors by name.
        watched: the API.
    """
    outcomes, account = {}, None
    for name, message in errors.items():
        if account is None or case.needs_new_account:
            account = await case.create_account(watched.api)
        with watched.calls.refuse(case.operation, name, message):
            outcomes[name] = _check_outcome(await case.send(watched.api, account))
    return outcomes


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cognito_error_leads_to_documented_response(case: Case, watched: WatchedApi) -> None:
    settings = watched.api.settings
    pool = f"arn:aws:cognito-idp:{REGION}:123456789012:userpool/{settings.user_pool_id}"
    message = f"An error occurred: value at 'x' in {pool} failed to satisfy a constraint."
    outcomes = watched.run(_collect_outcomes(case, dict.fromkeys(_list_error_codes(case.operation), message), watched))
    assert outcomes == {name: case.outcomes.get(name, "undecided") for name in outcomes}


@pytest.mark.parametrize(
    ("request_name", "message", "expected"),
    [
        ("login", "Password attempts exceeded", INVALID_CREDENTIALS),
        ("login", "User is disabled.", INVALID_CREDENTIALS),
        ("confirm", "User cannot be confirmed. Current status is CONFIRMED", INVALID_CODE),
        ("change password", "Password attempts exceeded", WRONG_PASSWORD),
        ("change password", "Access Token has been revoked", UNAUTHENTICATED),
        ("change password", "Access Token has expired", UNAUTHENTICATED),
    ],
    ids=[
        "login, too many attempts",
        "login, disabled user",
        "confirm, confirmed user",
        "change password, too many attempts",
        "change password, revoked token",
        "change password, expired token",
    ],
)
def test_not_authorized_is_mapped_by_its_message(
    request_name: str, message: str, expected: Outcome, watched: WatchedApi
) -> None:
    case = next(case for case in CASES if case.request == request_name)
    outcomes = watched.run(_collect_outcomes(case, {"NotAuthorizedException": message}, watched))
    assert outcomes == {"NotAuthorizedException": expected}


def test_cases_cover_every_call_to_cognito(figures: Figures) -> None:
    calls = re.findall(r"self\.(?:_client|_single_attempt_client)\.(\w+)\(", inspect.getsource(user_pool))
    assert {"".join(map(str.title, name.split("_"))) for name in calls} == {case.operation for case in CASES}
    figures("pairs of a request and a call to Cognito", len(CASES))
    figures(
        "errors of these calls, each over two transports", sum(len(_list_error_codes(case.operation)) for case in CASES)
    )


def _list_error_codes(operation: str) -> list[str]:
    """Return the error codes of a call, as botocore lists them from the API reference."""
    model: Any = _make_client().meta.service_model.operation_model(operation)
    return [shape.error_code for shape in model.error_shapes]


@cache
def _make_client() -> Any:
    return cognito_client(REGION)


def _check_outcome(response: httpx.Response) -> Outcome:
    """Check the headers and the form of the body, and that the response is documented. Return the outcome."""
    headers = response.headers
    assert headers["cache-control"] == "no-store"
    assert headers.get("www-authenticate") == ("Bearer" if response.status_code == 401 else None)
    is_deletion = (response.request.method, response.status_code) == ("DELETE", 202)
    retry_after = "60" if is_deletion else "1" if response.status_code in (429, 503) else None
    assert headers.get("retry-after") == retry_after
    documented = resolve(
        _build_document(), _get_documented_operation(response.request)["responses"][str(response.status_code)]
    )
    if response.is_success:
        assert response.text == "" or set(response.json()) in ({"registration"}, {"handle", "until", "reason"})
        return response.status_code, None
    problem = response.json()
    assert headers["content-type"] == "application/problem+json"
    assert set(problem) - {"error", "errors"} == {"type", "title", "status", "detail", "request_id"}
    assert (problem["status"], problem["request_id"]) == (response.status_code, headers["x-request-id"])
    assert problem["type"] in documented["description"]
    return response.status_code, problem["type"].removeprefix("urn:dwipper:problem:")


def _get_documented_operation(request: httpx.Request) -> Any:
    path = request.url.path.replace("/kay/", "/{handle}/")
    return _build_document()["paths"][path][request.method.lower()]


@cache
def _build_document() -> dict[str, Any]:
    return create_app(SETTINGS).openapi()
