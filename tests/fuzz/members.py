"""Members for whom the fuzzer calls, made through the API itself."""

import itertools
import time
from typing import Any

import httpx
from schemathesis import AuthContext, Case
from schemathesis.schemas import BaseSchema

PASSWORD = "correct horse battery staple"
# MiniStack's.
CONFIRMATION_CODE = "123456"
RESET_CODE = "654321"

_TOKEN_SECONDS = 300.0  # Of the 900 that a token lives.
_PUBLIC = "^/(v1/auth/|health$)"
# After these a member is another one, or none.
_LAST_CALLS = ("DELETE /v1/me", "DELETE /v1/me/sessions", "PUT /v1/me/password")


class Members:
    """One member for most calls, one who forgot the password, and another for each call that ends a session."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._emails = map("fuzzed{}@example.org".format, itertools.count())
        self.tokens: set[str] = set()
        self.email, self.forgetful = next(self._emails), next(self._emails)
        self.refresh_token: str = self._join(self.email)["refresh_token"]
        self._log_in_again()
        self.handle: str = self._handle()
        self._join(self.forgetful)
        self._post("password/forgot", email=self.forgetful)
        self.registrations = [self._register(next(self._emails)) for _ in range(3)]

    def call_for(self, schema: BaseSchema) -> None:
        """Have the cases of all operations that are for members sent with a token."""
        members = self

        class Token:
            def get(self, case: Case[Any], _context: AuthContext) -> str:
                return members._token_for(case.operation.label)

            def set(self, case: Case[Any], token: str, _context: AuthContext) -> None:
                case.headers["Authorization"] = f"Bearer {token}"

        schema.auth.auth(refresh_interval=None).skip_for(path_regex=_PUBLIC)(Token)

    def _token_for(self, label: str) -> str:
        if label in _LAST_CALLS:
            token: str = self._join(next(self._emails))["access_token"]
            return token
        if time.monotonic() - self._since > _TOKEN_SECONDS:
            self._log_in_again()
        return self._token

    def _log_in_again(self) -> None:
        self._since = time.monotonic()
        self._token: str = self._log_in(self.email)["access_token"]

    def _join(self, email: str) -> dict[str, Any]:
        self._post("confirm", registration=self._register(email), code=CONFIRMATION_CODE)
        return self._log_in(email)

    def _register(self, email: str) -> str:
        return str(self._post("register", email=email, password=PASSWORD).json()["registration"])

    def _log_in(self, email: str) -> dict[str, Any]:
        session: dict[str, Any] = self._post("login", email=email, password=PASSWORD).json()
        self.tokens.add(session["access_token"])
        return session

    def _handle(self) -> str:
        me = self._http.get("/v1/me", headers={"Authorization": f"Bearer {self._token}"})
        return str(me.raise_for_status().json()["handle"])

    def _post(self, action: str, **body: str) -> httpx.Response:
        return self._http.post(f"/v1/auth/{action}", json=body).raise_for_status()
