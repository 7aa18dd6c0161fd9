"""No hostile event gets in through the Lambda handler, at any operation of members: 401, and nothing is reached.

The tables are looked at by the fixture `target`.
"""

import itertools
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from app.api_gateway import Handler, make_handler
from testkit.forged_tokens import good_claims, token
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response
from testkit.operations import MEMBER_OPERATIONS, OPERATIONS_BY_NAME
from testkit.outbound import record_outbound
from testkit.unauthorized import assert_unauthorized
from tests.conftest import Figures
from tests.security.foreign_invocations import FOREIGN, NO_REQUESTS
from tests.security.hostile_events import HOSTILE
from tests.security.target import Target

pytestmark = pytest.mark.slow

ANOTHER = "5e0d1c6e-7b0f-4d7e-9f43-2a4b3c5d6e7f"


@pytest.fixture
def handler(target: Target) -> Handler:
    return make_handler(target.app)


def _requests(target: Target) -> list[httpx.Request]:
    """What the member would ask of each operation, with a good token."""
    headers = {"Authorization": f"Bearer {token()}"}
    return [httpx.Request(each.method, target.url(each), headers=headers, json=each.body) for each in MEMBER_OPERATIONS]


def _answer(handler: Handler, event: Any, context: Any = None) -> httpx.Response:
    """What the caller gets, after the event and the answer have passed through JSON, as Lambda hands them on."""
    return to_response(json.loads(json.dumps(handler(json.loads(json.dumps(event)), context))))


def _by_what_is_left(request: httpx.Request) -> tuple[bool, int]:
    """Puts what deletes last: a reaction, then the Dwipp, then the member."""
    return request.method == "DELETE", -len(request.url.path)


@contextmanager
def _unmoved(target: Target, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing leaves the process meanwhile, and nothing is logged."""
    with record_outbound() as left:
        yield
    assert left == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


class TestHostileEvents:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_no_operation_takes_it(
        self, name: str, target: Target, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        # Each is every gateway's, and sent to every operation; all events in all forms would take too long.
        kinds = itertools.islice(itertools.cycle(GATEWAY_KINDS), list(HOSTILE).index(name), None)
        with _unmoved(target, caplog):
            for request, kind in zip(_requests(target), kinds, strict=False):
                event = make_event(request, kind, good_claims())
                assert_unauthorized(_answer(handler, HOSTILE[name](event, kind)))

    @pytest.mark.parametrize("name", FOREIGN)
    def test_no_operation_takes_it_from_elsewhere(
        self, name: str, target: Target, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        with _unmoved(target, caplog):
            for request in _requests(target):
                assert_unauthorized(_answer(handler, FOREIGN[name](request)))

    @pytest.mark.parametrize("name", NO_REQUESTS)
    def test_what_is_no_request_reaches_nothing(
        self, name: str, target: Target, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        with _unmoved(target, caplog):
            for request in _requests(target):
                event = NO_REQUESTS[name](request)
                assert handler(event, None) == {"statusCode": 204}

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_the_context_of_the_invocation_is_nobodys(
        self, kind: GatewayKind, target: Target, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        context = {"identity": good_claims(), "client_context": {"custom": good_claims()}, "authorizer": good_claims()}
        with _unmoved(target, caplog):
            for request in _requests(target):
                assert_unauthorized(_answer(handler, make_event(request, kind), context))

    @pytest.mark.parametrize("name", ["delete_me", "change_password"])
    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("Bearer {another}", id="another member's"),
            pytest.param("Bearer {own}, Bearer {another}", id="two"),
            pytest.param("Basic {own}", id="of another scheme"),
            pytest.param("Bearer token", id="none"),
            pytest.param("", id="empty"),
        ],
    )
    def test_cognito_is_handed_no_token_but_that_of_the_claims(
        self, header: str, name: str, target: Target, handler: Handler
    ) -> None:
        operation = OPERATIONS_BY_NAME[name]
        sent = header.format(own=token(), another=token(claims=good_claims(sub=ANOTHER)))
        request = httpx.Request(
            operation.method, target.url(operation), headers={"Authorization": sent}, json=operation.body
        )
        for kind in GATEWAY_KINDS:
            assert_unauthorized(_answer(handler, make_event(request, kind, good_claims())))

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    @pytest.mark.usefixtures("loop")
    def test_an_event_with_no_flaw_reaches_every_operation(self, kind: GatewayKind, fresh_target: Target) -> None:
        handler = make_handler(fresh_target.app)
        for request in sorted(_requests(fresh_target), key=_by_what_is_left):
            with record_outbound() as left:
                answer = _answer(handler, make_event(request, kind, good_claims()))
            assert answer.is_success, (request, answer.text)
            assert left, "what leaves the process is seen"

    def test_there_are_enough(self, figures: Figures) -> None:
        operations = len(MEMBER_OPERATIONS)
        figures("hostile variants of gateway events, REST, HTTP 1.0 and HTTP 2.0 in turn", len(HOSTILE))
        figures("events from elsewhere", len(FOREIGN))
        figures("events that are no requests", len(NO_REQUESTS))
        figures("operations of members, to each of which all of them are sent", operations)
        figures("events sent", (len(HOSTILE) + len(FOREIGN) + len(NO_REQUESTS)) * operations)
        assert len(HOSTILE) >= 40
        assert operations >= 20
