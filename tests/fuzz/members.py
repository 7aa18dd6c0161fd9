"""The members whose tokens and other data the fuzzer sends."""

import itertools
import time
from collections.abc import Callable
from typing import Any

import httpx
from schemathesis import AuthContext, Case
from schemathesis.schemas import BaseSchema

PASSWORD = "correct horse battery staple"
# MiniStack mails the same codes to every user.
CONFIRMATION_CODE = "123456"
RESET_CODE = "654321"

_TOKEN_REUSE_SECONDS = 300.0  # A token is valid for 900 seconds.
_MODERATION = "/v1/moderation/"
_PUBLIC = "^/(v1/auth/|health$)"
# These operations end the session of the member.
_SESSION_ENDING_OPERATIONS = ("DELETE /v1/me", "DELETE /v1/me/sessions", "PUT /v1/me/password")


class Members:
    """A member for most calls, a member with a requested password reset, and new members for session-ending calls.

    Attributes:
        tokens: all access tokens so far.
        email: the email of the member for most calls.
        reset_email: the email of the member with a requested password reset.
        refresh_token: a refresh token of the member for most calls.
        handle: the handle of the member for most calls.
        other_handle: the handle of the member with a requested password reset.
        registrations: the ids of unconfirmed registrations.
        reported_handle: the handle of a member whom only moderators deal with.
        reported_dwipp_id: a Dwipp of that member.

    Args:
        http: a client of the API.
        add_moderator: makes the member with this email a moderator.
    """

    def __init__(self, http: httpx.Client, add_moderator: Callable[[str], None]) -> None:
        self._http = http
        self._emails = map("fuzzed{}@example.org".format, itertools.count())
        self.tokens: set[str] = set()
        self.email, self.reset_email = next(self._emails), next(self._emails)
        self.refresh_token: str = self._create(self.email)["refresh_token"]
        self._token: str = self._log_in(self.email)["access_token"]
        self.handle = self._get_handle(self._token)
        self.other_handle = self._get_handle(self._create(self.reset_email)["access_token"])
        self._post("password/forgot", email=self.reset_email)
        self.moderator_email = next(self._emails)
        self._create(self.moderator_email)
        add_moderator(self.moderator_email)
        reported = self._create(next(self._emails))["access_token"]
        self.reported_handle = self._get_handle(reported)
        self.reported_dwipp_id = self._create_dwipp(reported)
        self._renew_token()
        self.registrations = [self._register(next(self._emails)) for _ in range(3)]

    def authenticate(self, schema: BaseSchema) -> None:
        """Make schemathesis send a token with each call of an operation for members."""
        members = self

        class Token:
            def get(self, case: Case[Any], _context: AuthContext) -> str:
                return members._get_token(case.operation.label)

            def set(self, case: Case[Any], token: str, _context: AuthContext) -> None:
                case.headers["Authorization"] = f"Bearer {token}"

        schema.auth.auth(refresh_interval=None).skip_for(path_regex=_PUBLIC)(Token)

    def _get_token(self, label: str) -> str:
        if label in _SESSION_ENDING_OPERATIONS:
            token: str = self._create(next(self._emails))["access_token"]
            return token
        if time.monotonic() - self._token_created_at > _TOKEN_REUSE_SECONDS:
            self._renew_token()
        return self._moderator_token if _MODERATION in label else self._token

    def _renew_token(self) -> None:
        self._token_created_at = time.monotonic()
        self._token = self._log_in(self.email)["access_token"]
        self._moderator_token: str = self._log_in(self.moderator_email)["access_token"]

    def _create(self, email: str) -> dict[str, Any]:
        """Register, confirm and log in a member. Return the tokens."""
        self._post("confirm", registration=self._register(email), code=CONFIRMATION_CODE)
        return self._log_in(email)

    def _register(self, email: str) -> str:
        return str(self._post("register", email=email, password=PASSWORD).json()["registration"])

    def _log_in(self, email: str) -> dict[str, Any]:
        session: dict[str, Any] = self._post("login", email=email, password=PASSWORD).json()
        self.tokens.add(session["access_token"])
        return session

    def _get_handle(self, token: str) -> str:
        me = self._http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        return str(me.raise_for_status().json()["handle"])

    def _create_dwipp(self, token: str) -> str:
        headers = {"Authorization": f"Bearer {token}"}
        created = self._http.post("/v1/dwipps", json={"text": "Report me."}, headers=headers)
        return str(created.raise_for_status().json()["id"])

    def _post(self, action: str, **body: str) -> httpx.Response:
        return self._http.post(f"/v1/auth/{action}", json=body).raise_for_status()
