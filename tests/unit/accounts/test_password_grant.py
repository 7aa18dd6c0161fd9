"""The token request of OAuth2 clients: what RFC 6749 takes is taken, all else is refused in its words."""

import asyncio
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from fastapi import FastAPI

from app import errors
from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.sessions import Sessions
from app.cognito.user_pool import Tokens, UserPool
from testkit.doubles import offline_app, send_request

FORM = "application/x-www-form-urlencoded"
GOOD = {"grant_type": "password", "username": "Kay@Example.org", "password": " a rubber duck+knows é "}


@pytest.fixture
def pool() -> Any:
    pool = Mock(spec=UserPool)
    pool.log_in.return_value = Tokens("access", "refresh", 900)
    return pool


@pytest.fixture
def pending_confirmations() -> Any:
    pending_confirmations = Mock(spec=PendingConfirmationRepository)
    pending_confirmations.exists.return_value = False
    return pending_confirmations


@pytest.fixture
def app(pool: Any, pending_confirmations: Any) -> FastAPI:
    app, _ = offline_app()
    app.state.container = replace(app.state.container, sessions=Sessions(pool, pending_confirmations))
    return app


def _asked(app: FastAPI, content: bytes | str | dict[str, str], content_type: str = FORM) -> httpx.Response:
    body: dict[str, Any] = {"data": content} if isinstance(content, dict) else {"content": content}
    return asyncio.run(send_request(app, "POST", "/v1/auth/token", headers={"Content-Type": content_type}, **body))


def _assert_refused(answer: httpx.Response, error: str) -> None:
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:dwipper:problem:invalid-token-request"
    assert answer.json()["error"] == error


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8", FORM.upper()])
@pytest.mark.parametrize("more", [{}, {"scope": "", "client_id": "docs", "client_secret": ""}], ids=["alone", "more"])
def test_a_login_gives_a_session(content_type: str, more: dict[str, str], app: FastAPI, pool: Any) -> None:
    answer = _asked(app, GOOD | more, content_type)
    assert answer.status_code == 200
    assert answer.json() == {
        "access_token": "access",
        "refresh_token": "refresh",
        "expires_in": 900,
        "token_type": "Bearer",
    }
    pool.log_in.assert_called_once_with("kay@example.org", GOOD["password"])


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param("", "invalid_request", id="nothing"),
        pytest.param({**GOOD, "grant_type": ""}, "unsupported_grant_type", id="an empty grant"),
        pytest.param({**GOOD, "grant_type": "client_credentials"}, "unsupported_grant_type", id="another grant"),
        pytest.param({**GOOD, "grant_type": "Password"}, "unsupported_grant_type", id="a grant in capitals"),
        pytest.param("username=kay%40example.org&password=x", "invalid_request", id="no grant"),
        pytest.param("grant_type=password&username=kay%40example.org", "invalid_request", id="no password"),
        pytest.param("grant_type=password&password=x", "invalid_request", id="no username"),
        pytest.param({**GOOD, "username": "kay"}, "invalid_request", id="a username that is no email"),
        pytest.param({**GOOD, "password": ""}, "invalid_request", id="an empty password"),
        pytest.param({**GOOD, "password": "a" * 257}, "invalid_request", id="a password too long"),
        pytest.param(
            "grant_type=password&grant_type=password&username=kay%40example.org&password=x",
            "invalid_request",
            id="a parameter twice",
        ),
        pytest.param(
            "grant_type=password&username=kay%40example.org&password=x&password=y",
            "invalid_request",
            id="two passwords",
        ),
        pytest.param("&".join(f"a{number}=1" for number in range(50)), "invalid_request", id="too many parameters"),
        pytest.param(b"grant_type=password&password=\xff", "invalid_request", id="no UTF-8"),
        pytest.param("grant_type=password&password=%FF", "invalid_request", id="no UTF-8 when decoded"),
        pytest.param("grant_type=password&password=%ED%A0%80", "invalid_request", id="half a character"),
        pytest.param('{"grant_type": "password"}', "invalid_request", id="JSON in disguise"),
    ],
)
def test_any_other_request_is_refused(content: Any, error: str, app: FastAPI, pool: Any) -> None:
    _assert_refused(_asked(app, content), error)
    pool.log_in.assert_not_called()


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=a", ""])
def test_a_form_has_to_be_said_to_be_one(content_type: str, app: FastAPI, pool: Any) -> None:
    _assert_refused(_asked(app, "grant_type=password", content_type), "invalid_request")


@pytest.mark.parametrize("error", [errors.InvalidCredentialsError, errors.PasswordResetRequiredError])
def test_a_login_that_is_refused_is_an_invalid_grant(error: type[Exception], app: FastAPI, pool: Any) -> None:
    pool.log_in.side_effect = error()
    answer = _asked(app, GOOD)
    _assert_refused(answer, "invalid_grant")
    assert answer.json()["detail"] == str(error())


def test_who_did_not_confirm_is_told_so(app: FastAPI, pool: Any, pending_confirmations: Any) -> None:
    pool.log_in.side_effect = errors.InvalidCredentialsError()
    pending_confirmations.exists.return_value = True
    answer = _asked(app, GOOD)
    _assert_refused(answer, "invalid_grant")
    assert answer.json()["detail"] == str(errors.AccountNotConfirmedError())


def test_a_limit_is_a_limit_here_too(app: FastAPI, pool: Any) -> None:
    pool.log_in.side_effect = errors.TooManyRequestsError()
    answer = _asked(app, GOOD)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
