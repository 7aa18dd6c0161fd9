"""Without API Gateway, the app answers forged and misplaced tokens with 401.

They cause no write, no logged error, and no network call except a fetch of the pool's keys. The fixture `target` checks
that the tables are unchanged.
"""

import asyncio
import logging
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwk

from testkit.forged_tokens import HEADER, make_token, private_key, public_keys
from testkit.operations import OPERATIONS_BY_NAME, Operation
from testkit.outbound import record_outbound
from testkit.unauthorized import assert_unauthorized
from testkit.uvicorn_server import serve
from tests.conftest import Figures
from tests.security.target import Target
from tests.security.token_forgeries import FAMILIES, FORGERIES, forge
from tests.security.token_headers import UNKNOWN_KIDS
from tests.security.token_placement import PLACEMENTS

pytestmark = pytest.mark.slow

# A read, and one write of each kind: create, change, delete, and delete the account.
_ATTACKED_OPERATIONS = ("list_dwipps", "create_dwipp", "set_upvote", "delete_dwipp", "delete_me")


def _authorize(token: str) -> Mapping[str, Any]:
    """Return the request options of httpx for a bearer token."""
    return {"headers": {"Authorization": f"Bearer {token}".encode()}}


async def _call_operations(target: Target, options: Mapping[str, Any], *names: str) -> list[httpx.Response]:
    """Call operations in turn, and return the responses.

    Args:
        target: the target.
        options: the request options of httpx.
        names: the names of the operations, by default those of all attacked operations.
    """
    async with httpx.AsyncClient(transport=httpx.ASGITransport(target.app)) as client:
        return [
            await _call(client, target, OPERATIONS_BY_NAME[name], options) for name in names or _ATTACKED_OPERATIONS
        ]


async def _call(
    client: httpx.AsyncClient, target: Target, operation: Operation, options: Mapping[str, Any]
) -> httpx.Response:
    body = {} if {"data", "json", "files"} & options.keys() else {"json": operation.body}
    return await client.request(operation.method, target.url(operation), **body, **options)


def _call_for_status(target: Target, name: str, options: Mapping[str, Any]) -> int:
    (response,) = asyncio.run(_call_operations(target, options, name))
    return response.status_code


@contextmanager
def _assert_no_effects(target: Target, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that the block causes no network call, no fetch of keys, and no logged error."""
    caplog.set_level(logging.DEBUG)
    fetches = target.keys.fetches
    with record_outbound() as outbound:
        yield
    assert outbound == []
    assert target.keys.fetches == fetches
    for record in caplog.records:
        assert record.levelno < logging.ERROR, record
        assert not record.exc_info, record
        assert "Traceback" not in record.getMessage(), record


class TestForgedTokens:
    @pytest.mark.parametrize("name", FORGERIES)
    def test_forged_token_is_401(self, name: str, target: Target, caplog: pytest.LogCaptureFixture) -> None:
        token = forge(name)
        with _assert_no_effects(target, caplog):
            responses = asyncio.run(_call_operations(target, _authorize(token)))
        is_short = len(token) <= 10  # Such as "..", which occurs in other texts too.
        for response in responses:
            assert_unauthorized(response, "" if is_short else token)
        assert is_short or token not in caplog.text

    @pytest.mark.parametrize("name", PLACEMENTS)
    def test_valid_token_in_another_place_is_401(
        self, name: str, target: Target, caplog: pytest.LogCaptureFixture
    ) -> None:
        token = make_token()
        with _assert_no_effects(target, caplog):
            responses = asyncio.run(_call_operations(target, PLACEMENTS[name](token)))
        for response in responses:
            assert_unauthorized(response, token)

    def test_valid_token_is_accepted(self, fresh_target: Target) -> None:
        before = fresh_target.storage.load_rows()
        with record_outbound() as outbound:
            responses = asyncio.run(_call_operations(fresh_target, _authorize(make_token())))
        assert [response.status_code for response in responses] == [200, 201, 200, 204, 202]
        assert outbound, "no network call was recorded"
        assert fresh_target.storage.load_rows() != before, "no write was stored"

    def test_forgeries_use_the_published_key(self) -> None:
        published = jwk.construct(public_keys()["signing"])
        assert published.to_pem() == private_key().public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    def test_unknown_kid_causes_one_fetch_in_30_seconds(
        self, fresh_target: Target, caplog: pytest.LogCaptureFixture
    ) -> None:
        target, before = fresh_target, fresh_target.storage.load_rows()
        assert _call_for_status(target, "list_dwipps", _authorize(make_token())) == 200
        for number in (1, 2):
            target.keys.now += 30
            with record_outbound() as outbound:
                for kid in UNKNOWN_KIDS.values():
                    options = _authorize(make_token({**HEADER, "kid": kid}))
                    for response in asyncio.run(_call_operations(target, options)):
                        assert_unauthorized(response)
            assert outbound == []
            assert target.keys.fetches == 1 + number
        assert target.storage.load_rows() == before
        assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]

    def test_there_are_at_least_60_attacks(self, figures: Figures) -> None:
        for family, attacks in FAMILIES.items():
            figures(f"forged tokens: {family}", len(attacks))
        figures("forged tokens: unknown key ids", len(UNKNOWN_KIDS))
        figures("misplaced valid tokens, and those in raw requests", f"{len(PLACEMENTS)}, {len(_RAW_REQUESTS)}")
        attack_count = len(FORGERIES) + len(UNKNOWN_KIDS) + len(PLACEMENTS)
        figures("hostile tokens, each with five operations", attack_count)
        assert len(FORGERIES) == sum(map(len, FAMILIES.values())), "two forgeries have the same name"
        assert attack_count >= 60


class TestKeyRotation:
    def test_new_key_replaces_the_old_one(self, fresh_target: Target) -> None:
        target, old, new = fresh_target, _authorize(make_token()), _authorize(make_token({**HEADER, "kid": "new"}))
        assert _call_for_status(target, "list_dwipps", old) == 200
        assert _call_for_status(target, "create_dwipp", new) == 401, "an unpublished key was accepted"
        target.keys.keys = public_keys("new")
        assert _call_for_status(target, "create_dwipp", new) == 401, "the keys were fetched twice in 30 seconds"
        target.keys.now += 30
        assert _call_for_status(target, "list_dwipps", old) == 200, "a known key was fetched again"
        assert _call_for_status(target, "create_dwipp", new) == 201
        assert _call_for_status(target, "create_dwipp", old) == 401
        assert target.keys.fetches == 2

    def test_known_kid_is_not_fetched_again(self, fresh_target: Target) -> None:
        target = fresh_target
        assert _call_for_status(target, "list_dwipps", _authorize(make_token())) == 200
        target.keys.keys = public_keys("signing", name="attacker")
        target.keys.now += 3600
        assert _call_for_status(target, "list_dwipps", _authorize(make_token())) == 200, "a known key was fetched again"
        assert target.keys.fetches == 1


class TestUnreachableKeys:
    def test_token_with_unknown_key_is_503(self, fresh_target: Target) -> None:
        target, new = fresh_target, _authorize(make_token({**HEADER, "kid": "new"}))
        assert _call_for_status(target, "list_dwipps", _authorize(make_token())) == 200
        target.keys.failure = OSError("no route to host")
        target.keys.now += 30
        for response in asyncio.run(_call_operations(target, new)):
            assert response.status_code == 503
            assert response.headers["retry-after"] == "1"
            assert response.headers["content-type"] == "application/problem+json"
            assert response.json()["type"] == "urn:dwipper:problem:unavailable"
            assert "route" not in response.text
        assert target.keys.fetches == 2, "the keys were fetched twice in five seconds"
        assert _call_for_status(target, "create_dwipp", _authorize(make_token())) == 201
        target.keys.failure, target.keys.keys = None, public_keys("signing", "new")
        target.keys.now += 5
        assert _call_for_status(target, "create_dwipp", new) == 201

    def test_malformed_token_is_401(self, fresh_target: Target) -> None:
        fresh_target.keys.failure = OSError("no route to host")
        for name in ("alg 'none' without a signature", "jku", "kid missing", "a payload that is not JSON"):
            for response in asyncio.run(_call_operations(fresh_target, _authorize(forge(name)))):
                assert_unauthorized(response)
        assert fresh_target.keys.fetches == 0

    def test_known_key_does_not_wait_for_a_fetch(self, fresh_target: Target) -> None:
        target = fresh_target

        async def run() -> None:
            await _call_operations(target, _authorize(make_token()), "list_dwipps")
            target.keys.now += 30
            target.keys.fetch_started.clear()
            target.keys.may_respond.clear()
            unknown = _authorize(make_token({**HEADER, "kid": "new"}))
            waiting = asyncio.create_task(_call_operations(target, unknown, "read_me"))
            assert await asyncio.to_thread(target.keys.fetch_started.wait, 5)
            for response in await _call_operations(target, _authorize(make_token())):
                assert response.status_code < 300
            assert not waiting.done()
            target.keys.may_respond.set()
            (refused,) = await waiting
            assert_unauthorized(refused)

        asyncio.run(run())


# Requests that HTTP libraries do not send: the request line, and the lines after `Host` and `Connection`.
_READ = "GET /v1/dwipps HTTP/1.1"
_WRITE = ("POST /v1/dwipps HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked")
_RAW_REQUESTS: Mapping[str, tuple[str, ...]] = {
    "Authorization and AUTHORIZATION": (_READ, "Authorization: Bearer {token}", "AUTHORIZATION: Bearer {token}"),
    "two headers, one empty": (_READ, "Authorization:", "Authorization: Bearer {token}"),
    "folded header line": (_READ, "Authorization: Bearer x", " {token}"),
    "chunk extension": (*_WRITE, "", 'f;authorization="Bearer {token}"', '{{"text": "Hm."}}', "0"),
    "trailer": (
        *_WRITE,
        "Trailer: Authorization",
        "",
        "f",
        '{{"text": "Hm."}}',
        "0",
        "Authorization: Bearer {token}",
    ),
}


@pytest.fixture(scope="module")
def port(target: Target) -> Iterator[int]:
    with serve(target.app) as port:
        yield port


class TestRawRequests:
    def _send(self, port: int, request_line: str, *lines: str) -> str:
        """Send a request over a socket, and return the status line."""
        all_lines = (request_line, "Host: dwipper.test", "Connection: close", *lines, "", "")
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall("\r\n".join(all_lines).format(token=make_token()).encode())
            return connection.makefile().readline()

    @pytest.mark.parametrize("name", _RAW_REQUESTS)
    def test_valid_token_in_another_place_is_401(self, name: str, port: int) -> None:
        assert "401" in self._send(port, *_RAW_REQUESTS[name])

    def test_valid_token_in_the_authorization_header_is_200(self, port: int) -> None:
        assert "200" in self._send(port, _READ, "Authorization: Bearer {token}")
