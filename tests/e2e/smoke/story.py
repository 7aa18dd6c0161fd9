"""The story of one member, from the first request to the last, told step by step; knows no more than the contract."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.e2e.smoke.codes import Confirmer

_GATEWAYS_LONGEST = 29.0
# A deletion waits 52 seconds for writes on their way.
_DELETION_SECONDS = 120.0
_ORIGIN = {"Origin": "https://example.org"}

Step = Callable[[], None]


@dataclass
class Smoke:
    """Somebody at an address, and what they have so far."""

    http: httpx.Client
    confirmer: Confirmer
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    registration: str = ""
    tokens: dict[str, Any] = field(default_factory=dict)
    dwipp: dict[str, Any] = field(default_factory=dict)

    def steps(self) -> list[tuple[str, Step]]:
        """All of them, in order, each with what it shows."""
        return [
            ("the service is up, and describes itself", self._is_up),
            ("nobody is let in without a token, and a browser may read why", self._is_guarded),
            ("a page of any origin may ask", self._preflight),
            ("somebody registers", self._register),
            ("and confirms", self._confirm),
            ("and logs in", self._log_in),
            ("has a profile", self._profile),
            ("writes a Dwipp once, however often it is sent", self._write),
            ("upvotes it and keeps it", self._react),
            ("sees it in the feed", self._read),
            ("edits it, and not what somebody has edited meanwhile", self._edit),
            ("takes everything along", self._export),
            ("goes on with the session", self._refresh),
            ("changes the password, which ends it", self._change_password),
            ("deletes the Dwipp", self._delete),
            ("and the account, with all that it held", self._leave),
        ]

    def _ask(self, method: str, path: str, status: int, **options: Any) -> httpx.Response:
        options.setdefault("headers", {})
        if self.tokens:
            options["headers"] = options["headers"] | {"Authorization": f"Bearer {self.tokens['access_token']}"}
        answer = self.http.request(method, path.removeprefix("/"), **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def _is_up(self) -> None:
        assert self._ask("GET", "/health", 200).json()["status"] == "ok"
        assert self._ask("GET", "/openapi.json", 200).json()["openapi"].startswith("3.1")
        assert "swagger" in self._ask("GET", "/docs", 200).text.lower()

    def _is_guarded(self) -> None:
        for headers in ({}, {"Authorization": "Bearer x.y.z"}):
            answer = self._ask("GET", "/v1/me", 401, headers=headers | _ORIGIN)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.json()["type"] == "urn:dwipper:problem:unauthenticated"
            assert answer.json()["request_id"] == answer.headers["x-request-id"]

    def _preflight(self) -> None:
        wish = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}
        answer = self._ask("OPTIONS", "/v1/dwipps", 204, headers=wish | _ORIGIN)
        assert "PATCH" in answer.headers["access-control-allow-methods"]

    def _register(self) -> None:
        body = {"email": self.confirmer.email, "password": self.password}
        self.registration = self._ask("POST", "/v1/auth/register", 202, json=body).json()["registration"]

    def _confirm(self) -> None:
        wrong = {"registration": self.registration, "code": "wrong"}
        self._ask("POST", "/v1/auth/confirm", 400, json=wrong)
        if (code := self.confirmer.code()) is not None:
            self._ask("POST", "/v1/auth/confirm", 204, json={"registration": self.registration, "code": code})

    def _log_in(self) -> None:
        body = {"email": self.confirmer.email, "password": self.password}
        self.tokens = self._ask("POST", "/v1/auth/login", 200, json=body).json()

    def _profile(self) -> None:
        profile = self._ask("GET", "/v1/me", 200).json()
        assert profile["email"] == self.confirmer.email

    def _write(self) -> None:
        body, key = {"text": f"Smoke {secrets.token_hex(8)}"}, {"Idempotency-Key": secrets.token_hex(8)}
        first, again = (self._ask("POST", "/v1/dwipps", 201, json=body, headers=dict(key)) for _ in range(2))
        assert first.json() == again.json()
        assert again.headers["idempotent-replayed"] == "true"
        self.dwipp = first.json()

    def _react(self) -> None:
        for reaction in ("upvote", "favorite"):
            for _ in range(2):
                self._ask("PUT", f"{self._path}/{reaction}", 200)
        seen = self._ask("GET", self._path, 200).json()
        assert (seen["upvotes"], seen["upvoted"], seen["favorited"]) == (1, True, True)

    def _read(self) -> None:
        self._eventually_in("/v1/dwipps")
        self._eventually_in("/v1/me/favorites")

    def _edit(self) -> None:
        body = {"text": f"{self.dwipp['text']}!", "version": 1}
        assert self._ask("PATCH", self._path, 200, json=body).json()["version"] == 2
        self._ask("PATCH", self._path, 409, json=body | {"text": "Something else"})

    def _export(self) -> None:
        export = self._ask("GET", "/v1/me/export", 200).json()
        assert [dwipp["id"] for dwipp in export["dwipps"]] == [self.dwipp["id"]]

    def _refresh(self) -> None:
        body = {"refresh_token": self.tokens["refresh_token"]}
        self.tokens = self._ask("POST", "/v1/auth/refresh", 200, json=body).json()
        self._ask("GET", "/v1/me", 200)

    def _change_password(self) -> None:
        old, self.password = self.password, secrets.token_urlsafe(16)
        body = {"current_password": old, "new_password": self.password}
        self._ask("PUT", "/v1/me/password", 204, json=body)
        over = {"refresh_token": self.tokens["refresh_token"]}
        self._ask("POST", "/v1/auth/refresh", 401, json=over)
        self._log_in()

    def _delete(self) -> None:
        self._ask("DELETE", self._path, 204)
        self._ask("DELETE", self._path, 404)

    def _leave(self) -> None:
        end = time.monotonic() + _DELETION_SECONDS
        while (answer := self.http.delete("v1/me", headers=self._authorization)).status_code == 202:
            assert time.monotonic() < end, "the deletion never ends"
            time.sleep(min(int(answer.headers["retry-after"]), 5))
        assert answer.status_code == 204, answer.text
        self._ask("GET", "/v1/me", 401)

    @property
    def _path(self) -> str:
        return f"/v1/dwipps/{self.dwipp['id']}"

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def _eventually_in(self, path: str) -> None:
        """Lists may lag a write by a second."""
        for _ in range(10):
            if self.dwipp["id"] in [dwipp["id"] for dwipp in self._ask("GET", path, 200).json()["items"]]:
                return
            time.sleep(0.5)
        raise AssertionError(f"{path} does not show what was written")


def client(url: str) -> httpx.Client:
    """A way to an API, whatever its path begins with.

    A name below `localhost` is this machine's (RFC 6761, 6.3), though not every resolver knows it.
    """
    named = httpx.URL(f"{url.rstrip('/')}/")
    base, headers = named, {}
    if named.host.endswith(".localhost"):
        base, headers = named.copy_with(host="127.0.0.1"), {"Host": named.netloc.decode()}
    return httpx.Client(base_url=base, headers=headers, timeout=_GATEWAYS_LONGEST)
