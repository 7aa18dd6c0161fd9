"""Each event is answered with the response of the function, or with its error."""

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


def test_failed_function_is_500_and_the_port_closes_with_the_block(free_port: int) -> None:
    def fail(_: Mapping[str, Any]) -> dict[str, Any]:
        raise FunctionError({"errorType": "Runtime.ExitError", "errorMessage": "It ended."})

    with function_url.serve(free_port, fail):
        response = _invoke(free_port, {})
    assert (response.status_code, response.json()["errorType"]) == (500, "Runtime.ExitError")
    with pytest.raises(httpx.ConnectError):
        _invoke(free_port, {})


def test_many_simultaneous_events_are_all_answered(free_port: int) -> None:
    # MiniStack can send this many events at the same time. All connect before the first one is answered.
    events = [{"number": number} for number in range(200)]
    with (
        function_url.serve(free_port, lambda event: {"body": event["number"]}),
        contextlib.ExitStack() as connections,
    ):
        sockets = [connections.enter_context(socket.socket()) for _ in events]
        for connection in sockets:
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", free_port))
        for connection, event in zip(sockets, events, strict=True):
            connection.setblocking(True)
            connection.settimeout(5)
            body = json.dumps(event).encode()
            connection.sendall(b"POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        responses = [connection.makefile("rb").read() for connection in sockets]
    assert [json.loads(response.rpartition(b"\r\n")[2])["body"] for response in responses] == list(range(200))
