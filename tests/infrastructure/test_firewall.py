"""The firewall stops guesses and floods from one address, and lets 300 members behind one address use the site."""

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from devstack.paths import ROOT
from testkit.doubles import make_offline_app, send_request
from testkit.operations import ALL_OPERATIONS
from testkit.templates import load_template
from tests.infrastructure.firewall import Firewall, Request, matches

_WINDOW_SECONDS = 300
_MEMBERS = 300
_SESSION_PATHS = ("/v1/auth/refresh", "/v1/auth/logout")
_ACCOUNT_PATHS = sorted(
    operation.path
    for operation in ALL_OPERATIONS
    if operation.path.startswith("/v1/auth/") and operation.path not in _SESSION_PATHS
)
# Forms of the login's path: those that the app serves, and those by which a client may try to evade the firewall.
_GUESSES = (
    "/dev/v1/auth/login",
    "/v1/auth/login",
    "/dev/v1/auth/%6Cogin",
    "/dev/v1/%61uth/login",
    "/dev/v1/./auth/login",
    "/dev/v1/auth/refresh/../login",
    "/dev/v1/auth/login/",
    "/dev/V1/AUTH/LOGIN",
)
# Paths that end like a refresh or a logout for the firewall. The app must not take one of them for a login.
_DISGUISES = (
    "/v1/auth/login/../refresh",
    "/v1/auth/login/%2e%2e/refresh",
    "/v1/auth/login%2F..%2Flogout",
    "/v1/auth/login;/v1/auth/refresh",
    "/v1/auth/login%3F/v1/auth/refresh",
    "/v1/auth/login%23/v1/auth/logout",
    "/v1/auth/login%00/v1/auth/logout",
    "/v1/auth/login//v1/auth/refresh",
    "/v1/auth/login%0A/v1/auth/refresh",
)


@pytest.fixture
def firewall() -> Firewall:
    return Firewall(_load_rules())


def _load_rules() -> list[dict[str, Any]]:
    template: dict[str, Any] = load_template(ROOT / "deploy" / "firewall.yml")["on"]
    rules: list[dict[str, Any]] = template["Resources"]["WebAcl"]["Properties"]["Rules"]
    return rules


def _spread(count: int, method: str, path: str) -> Iterator[Request]:
    """Yield requests that are spread over five minutes."""
    for number in range(count):
        yield Request(method, f"/dev{path}", second=number * _WINDOW_SECONDS / count)


def test_300_members_refresh_behind_one_address(firewall: Firewall) -> None:
    """Each access token lives 15 minutes. Each browser asks before its first refresh."""
    requests = [
        Request(method, "/dev/v1/auth/refresh", second=round_start + number * 3.0)
        for round_start in range(0, 3600, 900)
        for number in range(_MEMBERS)
        for method in ("OPTIONS", "POST")
    ]
    assert firewall.count_blocked(requests) == 0


def test_300_members_return_at_once_behind_one_address(firewall: Firewall) -> None:
    """The worst five minutes: all members refresh and log out, with a preflight of each request and of a login."""
    requests = [
        *(request for path in _SESSION_PATHS for request in _spread(_MEMBERS, "POST", path)),
        *(request for path in (*_SESSION_PATHS, "/v1/auth/login") for request in _spread(_MEMBERS, "OPTIONS", path)),
    ]
    assert firewall.count_blocked(sorted(requests, key=lambda request: request.second)) == 0


@pytest.mark.parametrize("path", _ACCOUNT_PATHS)
def test_101st_guess_is_blocked(path: str, firewall: Firewall) -> None:
    assert firewall.count_blocked(_spread(100, "POST", path)) == 0
    assert firewall.blocks(Request("POST", f"/dev{path}", second=_WINDOW_SECONDS - 1))


@pytest.mark.parametrize("path", _GUESSES)
def test_guess_counts_in_each_form_of_the_path(path: str, firewall: Firewall) -> None:
    assert firewall.count_blocked(Request("POST", path) for _ in range(150)) == 50


def test_guesses_at_several_operations_count_together(firewall: Firewall) -> None:
    requests = [Request("POST", f"/dev{path}") for path in _ACCOUNT_PATHS for _ in range(40)]
    assert firewall.count_blocked(requests) == len(requests) - 100


def test_refreshes_do_not_hide_guesses(firewall: Firewall) -> None:
    paths = ("/dev/v1/auth/refresh", "/dev/v1/auth/login")
    blocked = [path for _ in range(120) for path in paths if firewall.blocks(Request("POST", path))]
    assert blocked == ["/dev/v1/auth/login"] * 20


def test_address_is_free_again_five_minutes_later(firewall: Firewall) -> None:
    assert firewall.count_blocked(Request("POST", "/dev/v1/auth/login") for _ in range(101)) == 1
    assert firewall.blocks(Request("POST", "/dev/v1/auth/login", second=299))
    assert not firewall.blocks(Request("POST", "/dev/v1/auth/login", second=600))
    assert not firewall.blocks(Request("POST", "/dev/v1/auth/login", address="203.0.113.8", second=600))


@pytest.mark.parametrize(("method", "path"), [("POST", path) for path in _SESSION_PATHS] + [("OPTIONS", "/v1/auth/x")])
def test_sessions_have_a_bound_of_their_own(method: str, path: str, firewall: Firewall) -> None:
    assert firewall.count_blocked(_spread(2000, method, path)) == 0
    assert firewall.blocks(Request(method, f"/dev{path}", second=_WINDOW_SECONDS - 1))
    assert not firewall.blocks(Request("POST", "/dev/v1/auth/login", second=_WINDOW_SECONDS - 1))


def test_300_members_poll_and_write_behind_one_address(firewall: Firewall) -> None:
    """Each polls every 5 seconds, sends 20 other requests, and a preflight before each request."""
    requests = [
        *(request for method in ("OPTIONS", "GET") for request in _spread(_MEMBERS * 60, method, "/v1/dwipps")),
        *(request for method in ("OPTIONS", "PUT") for request in _spread(_MEMBERS * 20, method, "/v1/me/x")),
        *_spread(2000, "POST", "/v1/auth/refresh"),
    ]
    assert firewall.count_blocked(sorted(requests, key=lambda request: request.second)) == 0


@pytest.mark.parametrize("path", ["/dev/v1/dwipps", "/v1/me", "/dev/docs", "/dev/", "/dev/nothing"])
def test_flood_of_any_path_is_blocked(path: str, firewall: Firewall) -> None:
    assert firewall.count_blocked(Request("GET", path) for _ in range(50_100)) == 100
    assert not firewall.blocks(Request("GET", path, address="203.0.113.8"))


def test_paths_count_together(firewall: Firewall) -> None:
    paths = ("/dev/v1/dwipps", "/dev/docs")
    assert firewall.count_blocked(Request("GET", path) for _ in range(25_100) for path in paths) == 200


def test_only_requests_without_tokens_are_sampled() -> None:
    """A sample contains the headers of a request."""
    sampled = [rule for rule in _load_rules() if rule["VisibilityConfig"]["SampledRequestsEnabled"]]
    assert [rule["Name"] for rule in sampled] == ["accounts", "sessions"]
    for rule in sampled:
        scope = rule["Statement"]["RateBasedStatement"]["ScopeDownStatement"]
        assert not any(matches(scope, Request(method, "/dev/v1/dwipps")) for method in ("GET", "POST", "OPTIONS"))


@pytest.mark.parametrize("path", _DISGUISES)
def test_app_takes_no_disguised_path_for_a_login(path: str) -> None:
    app, _ = make_offline_app()

    async def serve() -> int:
        """Return the status of a request whose path is this one, decoded as API Gateway's events have it."""
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Any) -> None:
            statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])

        await app(
            {"type": "http", "method": "POST", "path": unquote(path), "headers": [], "query_string": b""}, receive, send
        )
        return statuses[0]

    assert asyncio.run(serve()) == 404
    # The app has a login, so the 404 is due to the path.
    assert asyncio.run(send_request(app, "POST", "/v1/auth/login", content=b"{}")).status_code == 415
