"""The steps of the smoke test: one member uses all parts of the API. They rely only on the public contract."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.e2e.smoke.confirmers import Confirmer

# The integration timeout of API Gateway.
_TIMEOUT_SECONDS = 29.0
# Includes the drain period of 60 seconds.
_DELETION_TIMEOUT_SECONDS = 180.0
_ORIGIN = {"Origin": "https://example.org"}

Step = Callable[[], None]


@dataclass
class Scenario:
    """A run of the smoke test: a client of the API, and the values that later steps need."""

    http: httpx.Client
    confirmer: Confirmer
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    registration: str = ""
    tokens: dict[str, Any] = field(default_factory=dict)
    dwipp: dict[str, Any] = field(default_factory=dict)

    def list_steps(self) -> list[tuple[str, Step]]:
        """Return all steps in order, each with its title."""
        return [
            ("health, OpenAPI document and docs page are served", self._read_public_pages),
            ("a request without a valid token is 401, readable for browsers", self._assert_unauthorized),
            ("CORS preflight allows any origin", self._preflight),
            ("register", self._register),
            ("confirm", self._confirm),
            ("log in", self._log_in),
            ("read the member's profile", self._read_profile),
            ("create a Dwipp once for two requests with one key", self._create),
            ("upvote the Dwipp and make it a favorite", self._react),
            ("find the Dwipp in the feed and in the favorites", self._list),
            ("edit the Dwipp, and get a conflict for an old version", self._edit),
            ("export the account", self._export),
            ("refresh the session", self._refresh),
            ("change the password, which revokes the session", self._change_password),
            ("delete the Dwipp", self._delete),
            ("delete the account", self._delete_account),
        ]

    def _request(self, method: str, path: str, status: int, **options: Any) -> httpx.Response:
        """Send a request, with the access token if there is one. Assert the status of the response."""
        options.setdefault("headers", {})
        if self.tokens:
            options["headers"] = options["headers"] | {"Authorization": f"Bearer {self.tokens['access_token']}"}
        response = self.http.request(method, path.removeprefix("/"), **options)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text[:500]}"
        return response

    def _read_public_pages(self) -> None:
        assert self._request("GET", "/health", 200).json()["status"] == "ok"
        assert self._request("GET", "/openapi.json", 200).json()["openapi"].startswith("3.1")
        assert "swagger" in self._request("GET", "/docs", 200).text.lower()

    def _assert_unauthorized(self) -> None:
        for headers in ({}, {"Authorization": "Bearer x.y.z"}):
            response = self._request("GET", "/v1/me", 401, headers=headers | _ORIGIN)
            assert response.headers["content-type"] == "application/problem+json"
            assert response.headers["access-control-allow-origin"] == "*"
            assert response.json()["type"] == "urn:dwipper:problem:unauthenticated"
            assert response.json()["request_id"] == response.headers["x-request-id"]

    def _preflight(self) -> None:
        preflight = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}
        response = self._request("OPTIONS", "/v1/dwipps", 204, headers=preflight | _ORIGIN)
        assert "PATCH" in response.headers["access-control-allow-methods"]

    def _register(self) -> None:
        body = {"email": self.confirmer.email, "password": self.password}
        self.registration = self._request("POST", "/v1/auth/register", 202, json=body).json()["registration"]

    def _confirm(self) -> None:
        wrong = {"registration": self.registration, "code": "wrong"}
        self._request("POST", "/v1/auth/confirm", 400, json=wrong)
        if (code := self.confirmer.obtain_code()) is not None:
            self._request("POST", "/v1/auth/confirm", 204, json={"registration": self.registration, "code": code})

    def _log_in(self) -> None:
        body = {"email": self.confirmer.email, "password": self.password}
        self.tokens = self._request("POST", "/v1/auth/login", 200, json=body).json()

    def _read_profile(self) -> None:
        profile = self._request("GET", "/v1/me", 200).json()
        assert profile["email"] == self.confirmer.email

    def _create(self) -> None:
        body, key = {"text": f"Smoke {secrets.token_hex(8)}"}, {"Idempotency-Key": secrets.token_hex(8)}
        first, again = (self._request("POST", "/v1/dwipps", 201, json=body, headers=dict(key)) for _ in range(2))
        assert first.json() == again.json()
        assert again.headers["idempotent-replayed"] == "true"
        self.dwipp = first.json()

    def _react(self) -> None:
        for reaction in ("upvote", "favorite"):
            for _ in range(2):
                self._request("PUT", f"{self._path}/{reaction}", 200)
        dwipp = self._request("GET", self._path, 200).json()
        assert (dwipp["upvotes"], dwipp["upvoted"], dwipp["favorited"]) == (1, True, True)

    def _list(self) -> None:
        self._wait_until_listed("/v1/dwipps")
        self._wait_until_listed("/v1/me/favorites")

    def _edit(self) -> None:
        body = {"text": f"{self.dwipp['text']}!", "version": 1}
        assert self._request("PATCH", self._path, 200, json=body).json()["version"] == 2
        self._request("PATCH", self._path, 409, json=body | {"text": "Something else"})

    def _export(self) -> None:
        export = self._request("GET", "/v1/me/export", 200).json()
        assert [dwipp["id"] for dwipp in export["dwipps"]] == [self.dwipp["id"]]

    def _refresh(self) -> None:
        body = {"refresh_token": self.tokens["refresh_token"]}
        self.tokens = self._request("POST", "/v1/auth/refresh", 200, json=body).json()
        self._request("GET", "/v1/me", 200)

    def _change_password(self) -> None:
        old, self.password = self.password, secrets.token_urlsafe(16)
        body = {"current_password": old, "new_password": self.password}
        self._request("PUT", "/v1/me/password", 204, json=body)
        revoked = {"refresh_token": self.tokens["refresh_token"]}
        self._request("POST", "/v1/auth/refresh", 401, json=revoked)
        self._log_in()

    def _delete(self) -> None:
        self._request("DELETE", self._path, 204)
        self._request("DELETE", self._path, 404)

    def _delete_account(self) -> None:
        deadline = time.monotonic() + _DELETION_TIMEOUT_SECONDS
        while (response := self.http.delete("v1/me", headers=self._authorization)).status_code == 202:
            assert time.monotonic() < deadline, "the deletion did not end in time"
            time.sleep(min(int(response.headers["retry-after"]), 5))
        assert response.status_code == 204, response.text
        self._request("GET", "/v1/me", 401)

    @property
    def _path(self) -> str:
        return f"/v1/dwipps/{self.dwipp['id']}"

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def _wait_until_listed(self, path: str) -> None:
        """Read a list until it contains the Dwipp. A list can lag behind a write by a second."""
        for _ in range(10):
            if self.dwipp["id"] in [dwipp["id"] for dwipp in self._request("GET", path, 200).json()["items"]]:
                return
            time.sleep(0.5)
        raise AssertionError(f"{path} does not list the Dwipp")


def open_client(url: str) -> httpx.Client:
    """Open a client for the API at a URL, which may have a path.

    A host name below `localhost` means this machine (RFC 6761, 6.3), but not every resolver supports that. Requests for
    such a name therefore go to 127.0.0.1, with the name in `Host`.
    """
    api_url = httpx.URL(f"{url.rstrip('/')}/")
    base, headers = api_url, {}
    if api_url.host.endswith(".localhost"):
        base, headers = api_url.copy_with(host="127.0.0.1"), {"Host": api_url.netloc.decode()}
    return httpx.Client(base_url=base, headers=headers, timeout=_TIMEOUT_SECONDS)
