"""MiniStack gets the response of the function to each event, or the error of a function that failed."""

import contextlib
import json
import socket
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from devstack import function_url
from devstack.invocations import FunctionError


def _invoke(port: int, event: Mapping[str, Any]) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{port}/", json=event, trust_env=False)


def test_event_gets_the_response_of_the_function(free_port: int) -> None:
    with function_url.serve(free_port, lambda event: {"statusCode": 200, "body": event["path"]}):
        for path in ("/health", "/ü"):
            response = _invoke(free_port, {"path": path})
            assert (response.status_code, response.json()) == (200, {"statusCode": 200, "body": path})


def test_failed_function_is_500_with_its_error(free_port: int) -> None:
    def fail(_: Mapping[str, Any]) -> dict[str, Any]:
        raise FunctionError({"errorType": "Runtime.ExitError", "errorMessage": "It ended."})

    with function_url.serve(free_port, fail):
        response = _invoke(free_port, {})
    assert (response.status_code, response.json()["errorType"]) == (500, "Runtime.ExitError")
    with pytest.raises(httpx.ConnectError):
        _invoke(free_port, {})


def test_many_simultaneous_events_are_all_answered(free_port: int) -> None:
    """MiniStack sends as many at the same time. All of them connect before the first one is answered."""
    events = [{"number": number} for number in range(200)]
    with (
        function_url.serve(free_port, lambda event: {"body": event["number"]}),
        contextlib.ExitStack() as connections,
    ):
        sockets = [connections.enter_context(socket.socket()) for _ in events]
        for each in sockets:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", free_port))
        for each, event in zip(sockets, events, strict=True):
            each.setblocking(True)
            each.settimeout(5)
            body = json.dumps(event).encode()
            each.sendall(b"POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        responses = [each.makefile("rb").read() for each in sockets]
    assert [json.loads(response.rpartition(b"\r\n")[2])["body"] for response in responses] == list(range(200))
