"""A client of Lambda's Runtime API that takes single steps, as awslambdaric does in a loop, and one that invokes."""

import http.client
import json
import socket
import struct
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from devstack.runtime_api import RuntimeApi


class Runtime:
    """A runtime, which speaks to the API over one connection."""

    def __init__(self, api: RuntimeApi) -> None:
        self._connection = http.client.HTTPConnection(api.address, timeout=10)
        self.headers = http.client.HTTPMessage()

    def request_event(self) -> None:
        """Request the next event."""
        self._send("GET", "invocation/next")

    def receive_event(self) -> Any:
        """Wait for the requested event, and return it. Store the headers of the invocation."""
        response = self._connection.getresponse()
        assert response.status == 200
        self.headers = response.headers
        return json.loads(response.read())

    def respond(self, answer: Any, *, number: str = "", outcome: str = "response") -> int:
        """Send the result of an invocation, and return the status of the API.

        Args:
            answer: the result, or the document of an error.
            number: the id of the invocation, by default that of the last event.
            outcome: `response` or `error`.
        """
        self._send("POST", f"invocation/{number or self.headers['Lambda-Runtime-Aws-Request-Id']}/{outcome}", answer)
        return self._status()

    def fail_to_start(self, failure: Any) -> int:
        """Report an error of the initialization, and return the status of the API."""
        self._send("POST", "init/error", failure)
        return self._status()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def kill(self) -> None:
        """Reset the connection, as the death of the process would."""
        assert self._connection.sock
        self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def _send(self, method: str, path: str, body: Any = None) -> None:
        text = None if body is None else json.dumps(body)
        self._connection.request(method, f"/2018-06-01/runtime/{path}", text)

    def _status(self) -> int:
        response = self._connection.getresponse()
        response.read()
        return response.status


class Invoker:
    """Invokes a function in a thread, so that a test can act as its runtime."""

    def __init__(self, invoke: Callable[[Any], dict[str, Any]]) -> None:
        self._invoke = invoke
        self._threads = ThreadPoolExecutor()

    def invoke(self, event: Any) -> Future[dict[str, Any]]:
        """Start an invocation, and return the future result."""
        return self._threads.submit(self._invoke, event)
