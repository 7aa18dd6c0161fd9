"""The Lambda handler answers hostile HTTP events with 401, and ignores hostile events that are not HTTP.

They cause no network call. The fixture `target` checks that the tables are unchanged.
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
from testkit.forged_tokens import make_token, make_valid_claims
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response
from testkit.operations import MEMBER_OPERATIONS, OPERATIONS_BY_NAME
from testkit.outbound import record_outbound
from testkit.unauthorized import assert_unauthorized
from tests.conftest import Figures
from tests.security.foreign_invocations import FOREIGN_HTTP_EVENTS, NON_HTTP_EVENTS
from tests.security.hostile_events import HOSTILE_EVENTS
from tests.security.target import Target

pytestmark = pytest.mark.slow

OTHER_SUB = "5e0d1c6e-7b0f-4d7e-9f43-2a4b3c5d6e7f"


@pytest.fixture
def handler(target: Target) -> Handler:
    return make_handler(target.app)


def _make_member_requests(target: Target) -> list[httpx.Request]:
    """Return one request to each operation for members, with a valid token in the Authorization header."""
    headers = {"Authorization": f"Bearer {make_token()}"}
    return [
        httpx.Request(operation.method, target.url(operation), headers=headers, json=operation.body)
        for operation in MEMBER_OPERATIONS
    ]


def _invoke(handler: Handler, event: Any, context: Any = None) -> httpx.Response:
    """Invoke the handler with the event as JSON, as Lambda does. Return the response of the gateway."""
    return to_response(json.loads(json.dumps(handler(json.loads(json.dumps(event)), context))))


def _sort_key(request: httpx.Request) -> tuple[bool, int]:
    """Return a sort key that puts deletions last, and among them the deletion of the account."""
    return request.method == "DELETE", -len(request.url.path)


@contextmanager
def _assert_no_effects(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that the block causes no network call, and that the test has logged no warning."""
    with record_outbound() as outbound:
        yield
    assert outbound == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


class TestHostileEvents:
    @pytest.mark.parametrize("name", HOSTILE_EVENTS)
    def test_event_with_forged_claims_is_401(
        self, name: str, target: Target, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        # The formats take turns: all formats of each event would take too long.
        kinds = itertools.islice(itertools.cycle(GATEWAY_KINDS), list(HOSTILE_EVENTS).index(name), None)
        with _assert_no_effects(caplog):
            for request, kind in zip(_make_member_requests(target), kinds, strict=False):
                event = make_event(request, kind, make_valid_claims())
                assert_unauthorized(_invoke(handler, HOSTILE_EVENTS[name](event, kind)))

    @pytest.mark.parametrize("name", FOREIGN_HTTP_EVENTS)
    def test_event_that_did_not_pass_the_authorizer_is_401(
        self, name: str, target: Target, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        with _assert_no_effects(caplog):
            for request in _make_member_requests(target):
                assert_unauthorized(_invoke(handler, FOREIGN_HTTP_EVENTS[name](request)))

    @pytest.mark.parametrize("name", NON_HTTP_EVENTS)
    def test_event_that_is_not_http_is_ignored(
        self, name: str, target: Target, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        with _assert_no_effects(caplog):
            for request in _make_member_requests(target):
                event = NON_HTTP_EVENTS[name](request)
                assert handler(event, None) == {"statusCode": 204}

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_claims_in_the_lambda_context_are_ignored(
        self, kind: GatewayKind, target: Target, handler: Handler, caplog: pytest.LogCaptureFixture
    ) -> None:
        context = {
            "identity": make_valid_claims(),
            "client_context": {"custom": make_valid_claims()},
            "authorizer": make_valid_claims(),
        }
        with _assert_no_effects(caplog):
            for request in _make_member_requests(target):
                assert_unauthorized(_invoke(handler, make_event(request, kind), context))

    @pytest.mark.parametrize("name", ["delete_me", "change_password"])
    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("Bearer {other}", id="another member's token"),
            pytest.param("Bearer {own}, Bearer {other}", id="two tokens"),
            pytest.param("Basic {own}", id="another scheme"),
            pytest.param("Bearer token", id="malformed token"),
            pytest.param("", id="empty"),
        ],
    )
    def test_token_that_does_not_match_the_claims_is_401(
        self, header: str, name: str, target: Target, handler: Handler
    ) -> None:
        # These operations pass the token to Cognito, so its `sub` must be that of the claims.
        operation = OPERATIONS_BY_NAME[name]
        authorization = header.format(own=make_token(), other=make_token(claims=make_valid_claims(sub=OTHER_SUB)))
        request = httpx.Request(
            operation.method, target.url(operation), headers={"Authorization": authorization}, json=operation.body
        )
        for kind in GATEWAY_KINDS:
            assert_unauthorized(_invoke(handler, make_event(request, kind, make_valid_claims())))

    @pytest.mark.parametrize("kind", GATEWAY_KINDS)
    def test_valid_event_reaches_every_operation(self, kind: GatewayKind, fresh_target: Target) -> None:
        handler = make_handler(fresh_target.app)
        for request in sorted(_make_member_requests(fresh_target), key=_sort_key):
            with record_outbound() as outbound:
                claims = make_valid_claims(**{"cognito:groups": "moderators"})
                response = _invoke(handler, make_event(request, kind, claims))
            assert response.is_success, (request, response.text)
            assert outbound, f"no network call was recorded: {request}"

    def test_there_are_at_least_40_hostile_events(self, figures: Figures) -> None:
        operations = len(MEMBER_OPERATIONS)
        figures("events with forged claims, as REST, HTTP 1.0 and HTTP 2.0 in turn", len(HOSTILE_EVENTS))
        figures("HTTP events that did not pass the authorizer", len(FOREIGN_HTTP_EVENTS))
        figures("events that are not HTTP", len(NON_HTTP_EVENTS))
        figures("operations for members, each with all events", operations)
        figures("events sent", (len(HOSTILE_EVENTS) + len(FOREIGN_HTTP_EVENTS) + len(NON_HTTP_EVENTS)) * operations)
        assert len(HOSTILE_EVENTS) >= 40
        assert operations >= 20
