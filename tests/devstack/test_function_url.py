"""Where MiniStack posts a function's invocations: what it is answered, and what a failure looks like."""

import contextlib
import json
import socket
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from devstack import function_url
from devstack.invocations import FunctionError


def _invoked(port: int, event: Mapping[str, Any]) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{port}/", json=event, trust_env=False)


def test_an_event_gets_what_the_function_answers(free_port: int) -> None:
    with function_url.serving(free_port, lambda event: {"statusCode": 200, "body": event["path"]}):
        for path in ("/health", "/ü"):
            answer = _invoked(free_port, {"path": path})
            assert (answer.status_code, answer.json()) == (200, {"statusCode": 200, "body": path})


def test_a_function_that_fails_says_of_what(free_port: int) -> None:
    def fail(_: Mapping[str, Any]) -> dict[str, Any]:
        raise FunctionError({"errorType": "Runtime.ExitError", "errorMessage": "It ended."})

    with function_url.serving(free_port, fail):
        answer = _invoked(free_port, {})
    assert (answer.status_code, answer.json()["errorType"]) == (500, "Runtime.ExitError")
    with pytest.raises(httpx.ConnectError):
        _invoked(free_port, {})


def test_many_events_at_once_are_all_answered(free_port: int) -> None:
    """As many as MiniStack hands on at once; each connects before any is answered."""
    events = [{"number": number} for number in range(200)]
    with (
        function_url.serving(free_port, lambda event: {"body": event["number"]}),
        contextlib.ExitStack() as connected,
    ):
        sockets = [connected.enter_context(socket.socket()) for _ in events]
        for each in sockets:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", free_port))
        for each, event in zip(sockets, events, strict=True):
            each.setblocking(True)
            each.settimeout(5)
            body = json.dumps(event).encode()
            each.sendall(b"POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        answers = [each.makefile("rb").read() for each in sockets]
    assert [json.loads(answer.rpartition(b"\r\n")[2])["body"] for answer in answers] == list(range(200))
