"""No hostile token gets in over uvicorn: 401, and nothing is written, logged or asked for because of it.

The tables are looked at by the fixture `target`.
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

from testkit.forged_tokens import HEADER, private_key, public_keys, token
from testkit.operations import OPERATIONS_BY_NAME, Operation
from testkit.outbound import record_outbound
from testkit.unauthorized import assert_unauthorized
from testkit.uvicorn_server import serve
from tests.conftest import Figures
from tests.security.target import Target
from tests.security.token_forgeries import FAMILIES, FORGERIES, forged
from tests.security.token_headers import UNKNOWN_KIDS
from tests.security.token_placement import TRANSPORTS

pytestmark = pytest.mark.slow

# A read, and writes of each kind: what is made, what is changed, what cannot be undone.
_ASKED = ("list_dwipps", "create_dwipp", "set_upvote", "delete_dwipp", "delete_me")


def _bearer(text: str) -> Mapping[str, Any]:
    return {"headers": {"Authorization": f"Bearer {text}".encode()}}


async def _answers(target: Target, options: Mapping[str, Any], *names: str) -> list[httpx.Response]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(target.app)) as client:
        return [await _asked(client, target, OPERATIONS_BY_NAME[name], options) for name in names or _ASKED]


async def _asked(
    client: httpx.AsyncClient, target: Target, operation: Operation, options: Mapping[str, Any]
) -> httpx.Response:
    body = {} if {"data", "json", "files"} & options.keys() else {"json": operation.body}
    return await client.request(operation.method, target.url(operation), **body, **options)


def _status(target: Target, name: str, options: Mapping[str, Any]) -> int:
    (answer,) = asyncio.run(_answers(target, options, name))
    return answer.status_code


@contextmanager
def _unmoved(target: Target, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing leaves the process meanwhile, and whatever is logged tells of no failure."""
    caplog.set_level(logging.DEBUG)
    fetches = target.keys.fetches
    with record_outbound() as left:
        yield
    assert left == []
    assert target.keys.fetches == fetches
    for record in caplog.records:
        assert record.levelno < logging.ERROR, record
        assert not record.exc_info, record
        assert "Traceback" not in record.getMessage(), record


class TestHostileTokens:
    @pytest.mark.parametrize("name", FORGERIES)
    def test_a_forged_token_opens_nothing(self, name: str, target: Target, caplog: pytest.LogCaptureFixture) -> None:
        attack = forged(name)
        with _unmoved(target, caplog):
            answers = asyncio.run(_answers(target, _bearer(attack)))
        for answer in answers:
            assert_unauthorized(answer, attack if len(attack) > 10 else "")
        assert attack not in caplog.text or len(attack) <= 10

    @pytest.mark.parametrize("name", TRANSPORTS)
    def test_a_good_token_opens_nothing_from_elsewhere(
        self, name: str, target: Target, caplog: pytest.LogCaptureFixture
    ) -> None:
        good = token()
        with _unmoved(target, caplog):
            answers = asyncio.run(_answers(target, TRANSPORTS[name](good)))
        for answer in answers:
            assert_unauthorized(answer, good)

    def test_a_token_with_no_flaw_opens_all_of_it(self, fresh_target: Target) -> None:
        before = fresh_target.stored.rows()
        with record_outbound() as left:
            answers = asyncio.run(_answers(fresh_target, _bearer(token())))
        assert [answer.status_code for answer in answers] == [200, 201, 200, 204, 202]
        assert left, "what leaves the process is seen"
        assert fresh_target.stored.rows() != before, "what is written is seen"

    def test_what_is_forged_is_forged_with_the_published_key(self) -> None:
        published = jwk.construct(public_keys()["signing"])
        assert published.to_pem() == private_key().public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    def test_a_key_that_the_pool_does_not_have_is_looked_for_once(
        self, fresh_target: Target, caplog: pytest.LogCaptureFixture
    ) -> None:
        target, before = fresh_target, fresh_target.stored.rows()
        assert _status(target, "list_dwipps", _bearer(token())) == 200
        for round_ in (1, 2):
            target.keys.now += 30
            with record_outbound() as left:
                for kid in UNKNOWN_KIDS.values():
                    for answer in asyncio.run(_answers(target, _bearer(token({**HEADER, "kid": kid})))):
                        assert_unauthorized(answer)
            assert left == [], "the pool's own keys are looked at, and nothing else"
            assert target.keys.fetches == 1 + round_
        assert target.stored.rows() == before
        assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]

    def test_there_are_enough(self, figures: Figures) -> None:
        for family, attacks in FAMILIES.items():
            figures(f"forged tokens: {family}", len(attacks))
        figures("forged tokens: ids of keys", len(UNKNOWN_KIDS))
        figures("good tokens from elsewhere, and on a socket", f"{len(TRANSPORTS)}, {len(_RAW)}")
        hostile = len(FORGERIES) + len(UNKNOWN_KIDS) + len(TRANSPORTS)
        figures("hostile tokens, each on five operations", hostile)
        assert len(FORGERIES) == sum(map(len, FAMILIES.values())), "each has a name of its own"
        assert hostile >= 60


class TestKeyRotation:
    def test_a_new_key_is_taken_up_and_the_old_one_dropped(self, fresh_target: Target) -> None:
        target, old, new = fresh_target, _bearer(token()), _bearer(token({**HEADER, "kid": "new"}))
        assert _status(target, "list_dwipps", old) == 200
        assert _status(target, "create_dwipp", new) == 401, "the pool has no such key yet"
        target.keys.keys = public_keys("new")
        assert _status(target, "create_dwipp", new) == 401, "it was looked for a moment ago"
        target.keys.now += 30
        assert _status(target, "list_dwipps", old) == 200, "a key that is held is looked for by nobody"
        assert _status(target, "create_dwipp", new) == 201
        assert _status(target, "create_dwipp", old) == 401
        assert target.keys.fetches == 2

    def test_a_key_may_change_under_its_id(self, fresh_target: Target) -> None:
        target = fresh_target
        assert _status(target, "list_dwipps", _bearer(token())) == 200
        target.keys.keys = public_keys("signing", name="attacker")
        target.keys.now += 3600
        assert _status(target, "list_dwipps", _bearer(token())) == 200, "what is held is not fetched anew"
        assert target.keys.fetches == 1


class TestUnreachableKeys:
    def test_who_needs_a_key_is_asked_to_come_back_and_nobody_else(self, fresh_target: Target) -> None:
        target, new = fresh_target, _bearer(token({**HEADER, "kid": "new"}))
        assert _status(target, "list_dwipps", _bearer(token())) == 200
        target.keys.failure = OSError("no route to host")
        target.keys.now += 30
        for answer in asyncio.run(_answers(target, new)):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] == "urn:dwipper:problem:unavailable"
            assert "route" not in answer.text
        assert target.keys.fetches == 2, "one try in five seconds"
        assert _status(target, "create_dwipp", _bearer(token())) == 201
        target.keys.failure, target.keys.keys = None, public_keys("signing", "new")
        target.keys.now += 5
        assert _status(target, "create_dwipp", new) == 201

    def test_a_forged_token_is_refused_all_the_same(self, fresh_target: Target) -> None:
        fresh_target.keys.failure = OSError("no route to host")
        for name in ("alg 'none' without signature", "jku", "kid missing", "a payload that is no JSON"):
            for answer in asyncio.run(_answers(fresh_target, _bearer(forged(name)))):
                assert_unauthorized(answer)
        assert fresh_target.keys.fetches == 0

    def test_who_has_a_held_key_waits_for_nobody(self, fresh_target: Target) -> None:
        target = fresh_target

        async def ask() -> None:
            await _answers(target, _bearer(token()), "list_dwipps")
            target.keys.now += 30
            target.keys.fetching.clear()
            target.keys.go_on.clear()
            waiting = asyncio.create_task(_answers(target, _bearer(token({**HEADER, "kid": "new"})), "read_me"))
            assert await asyncio.to_thread(target.keys.fetching.wait, 5)
            for answer in await _answers(target, _bearer(token())):
                assert answer.status_code < 300
            assert not waiting.done()
            target.keys.go_on.set()
            (refused,) = await waiting
            assert_unauthorized(refused)

        asyncio.run(ask())


# As clients write them where a library would not: the line of the request, and what follows the usual headers.
_READ = "GET /v1/dwipps HTTP/1.1"
_WRITE = "POST /v1/dwipps HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked"
_RAW: Mapping[str, tuple[str, ...]] = {
    "two headers in two cases": (_READ, "Authorization: Bearer {token}", "AUTHORIZATION: Bearer {token}"),
    "two headers, one of them empty": (_READ, "Authorization:", "Authorization: Bearer {token}"),
    "a line that goes on": (_READ, "Authorization: Bearer x", " {token}"),
    "a chunk's extension": (*_WRITE, "", 'f;authorization="Bearer {token}"', '{{"text": "Hm."}}', "0"),
    "a trailer": (
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


class TestSockets:
    def _status(self, port: int, line: str, *more: str) -> str:
        lines = (line, "Host: dwipper.test", "Connection: close", *more, "", "")
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall("\r\n".join(lines).format(token=token()).encode())
            return connection.makefile().readline()

    @pytest.mark.parametrize("name", _RAW)
    def test_a_good_token_opens_nothing_from_elsewhere(self, name: str, port: int) -> None:
        assert "401" in self._status(port, *_RAW[name])

    def test_a_good_token_opens_it_from_its_place(self, port: int) -> None:
        assert "200" in self._status(port, _READ, "Authorization: Bearer {token}")
