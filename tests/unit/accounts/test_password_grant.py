"""The token endpoint accepts the password grant of RFC 6749, and refuses others with the error codes of that RFC."""

import asyncio
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from fastapi import FastAPI

from app import errors
from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.sessions import Sessions
from app.cognito.models import Tokens
from app.cognito.user_pool import UserPool
from app.members.directory import Directory
from testkit.doubles import make_offline_app, send_request
from testkit.forged_tokens import make_token

FORM = "application/x-www-form-urlencoded"
VALID_FIELDS = {"grant_type": "password", "username": "Kay@Example.org", "password": " a rubber duck+knows é "}
TOKENS = Tokens(make_token(), "refresh", 900)


@pytest.fixture
def pool() -> Any:
    pool = Mock(spec=UserPool)
    pool.log_in.return_value = TOKENS
    return pool


@pytest.fixture
def pending_confirmations() -> Any:
    pending_confirmations = Mock(spec=PendingConfirmationRepository)
    pending_confirmations.exists.return_value = False
    return pending_confirmations


@pytest.fixture
def app(pool: Any, pending_confirmations: Any) -> FastAPI:
    app, _ = make_offline_app()
    directory = Mock(spec=Directory)
    directory.is_leaving.return_value = False
    sessions = Sessions(pool, directory, pending_confirmations)
    app.state.container.accounts.sessions = sessions
    return app


def _send(app: FastAPI, content: bytes | str | dict[str, str], content_type: str = FORM) -> httpx.Response:
    body: dict[str, Any] = {"data": content} if isinstance(content, dict) else {"content": content}
    return asyncio.run(send_request(app, "POST", "/v1/auth/token", headers={"Content-Type": content_type}, **body))


def _assert_error(response: httpx.Response, error: str) -> None:
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:dwipper:problem:invalid-token-request"
    assert response.json()["error"] == error


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8", FORM.upper()])
@pytest.mark.parametrize(
    "extra_fields",
    [{}, {"scope": "", "client_id": "docs", "client_secret": ""}],
    ids=["required fields", "extra fields"],
)
def test_valid_request_returns_tokens(content_type: str, extra_fields: dict[str, str], app: FastAPI, pool: Any) -> None:
    response = _send(app, VALID_FIELDS | extra_fields, content_type)
    assert response.status_code == 200
    assert response.json() == {
        "access_token": TOKENS.access_token,
        "refresh_token": "refresh",
        "expires_in": 900,
        "token_type": "Bearer",
    }
    pool.log_in.assert_called_once_with("kay@example.org", VALID_FIELDS["password"])


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param("", "invalid_request", id="empty body"),
        pytest.param({**VALID_FIELDS, "grant_type": ""}, "unsupported_grant_type", id="empty grant_type"),
        pytest.param(
            {**VALID_FIELDS, "grant_type": "client_credentials"}, "unsupported_grant_type", id="other grant_type"
        ),
        pytest.param({**VALID_FIELDS, "grant_type": "Password"}, "unsupported_grant_type", id="capitalized grant_type"),
        pytest.param("username=kay%40example.org&password=x", "invalid_request", id="no grant_type"),
        pytest.param("grant_type=password&username=kay%40example.org", "invalid_request", id="no password"),
        pytest.param("grant_type=password&password=x", "invalid_request", id="no username"),
        pytest.param({**VALID_FIELDS, "username": "kay"}, "invalid_request", id="username not an email"),
        pytest.param({**VALID_FIELDS, "password": ""}, "invalid_request", id="empty password"),
        pytest.param({**VALID_FIELDS, "password": "a" * 257}, "invalid_request", id="password too long"),
        pytest.param(
            "grant_type=password&grant_type=password&username=kay%40example.org&password=x",
            "invalid_request",
            id="repeated grant_type",
        ),
        pytest.param(
            "grant_type=password&username=kay%40example.org&password=x&password=y",
            "invalid_request",
            id="repeated password",
        ),
        pytest.param("&".join(f"a{number}=1" for number in range(50)), "invalid_request", id="too many parameters"),
        pytest.param(b"grant_type=password&password=\xff", "invalid_request", id="invalid UTF-8"),
        pytest.param("grant_type=password&password=%FF", "invalid_request", id="invalid UTF-8 in percent-encoding"),
        pytest.param("grant_type=password&password=%ED%A0%80", "invalid_request", id="lone surrogate"),
        pytest.param('{"grant_type": "password"}', "invalid_request", id="JSON body"),
    ],
)
def test_invalid_request_has_its_error_code(content: Any, error: str, app: FastAPI, pool: Any) -> None:
    _assert_error(_send(app, content), error)
    pool.log_in.assert_not_called()


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=a", ""])
def test_content_type_other_than_form_is_an_invalid_request(content_type: str, app: FastAPI, pool: Any) -> None:
    _assert_error(_send(app, "grant_type=password", content_type), "invalid_request")


def test_encoded_form_is_an_invalid_request(app: FastAPI, pool: Any) -> None:
    headers = {"Content-Type": FORM, "Content-Encoding": "gzip"}
    response = asyncio.run(send_request(app, "POST", "/v1/auth/token", data=VALID_FIELDS, headers=headers))
    _assert_error(response, "invalid_request")
    pool.log_in.assert_not_called()


@pytest.mark.parametrize("error", [errors.InvalidCredentialsError, errors.PasswordResetRequiredError])
def test_failed_login_is_an_invalid_grant(error: type[Exception], app: FastAPI, pool: Any) -> None:
    pool.log_in.side_effect = error()
    response = _send(app, VALID_FIELDS)
    _assert_error(response, "invalid_grant")
    assert response.json()["detail"] == str(error())


def test_unconfirmed_account_is_an_invalid_grant(app: FastAPI, pool: Any, pending_confirmations: Any) -> None:
    pool.log_in.side_effect = errors.InvalidCredentialsError()
    pending_confirmations.exists.return_value = True
    response = _send(app, VALID_FIELDS)
    _assert_error(response, "invalid_grant")
    assert response.json()["detail"] == str(errors.AccountNotConfirmedError())


def test_rate_limit_is_429(app: FastAPI, pool: Any) -> None:
    pool.log_in.side_effect = errors.TooManyRequestsError()
    response = _send(app, VALID_FIELDS)
    assert (response.status_code, response.headers["retry-after"]) == (429, "1")
