"""A client of Lambda's Runtime API for single steps of a runtime, and an invoker of functions."""

import http.client
import json
import socket
import struct
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from devstack.runtime_api import RuntimeApi


class Runtime:
    """A runtime with one connection to the API. A test calls its steps, which awslambdaric repeats in a loop."""

    def __init__(self, api: RuntimeApi) -> None:
        self._connection = http.client.HTTPConnection(api.address, timeout=10)
        self.headers = http.client.HTTPMessage()

    def request_event(self) -> None:
        """Request the next event."""
        self._send("GET", "invocation/next")

    def receive_event(self) -> Any:
        """Wait for the requested event, and return the event. Store the headers of the response in `headers`."""
        response = self._connection.getresponse()
        assert response.status == 200
        self.headers = response.headers
        return json.loads(response.read())

    def respond(self, result: Any, *, invocation_id: str = "", outcome: str = "response") -> int:
        """Send the result of an invocation. Return the status of the response.

        Args:
            result: the result of the function, or an error document.
            invocation_id: the id of the invocation, by default that of the event received last.
            outcome: `response` or `error`.
        """
        self._send(
            "POST", f"invocation/{invocation_id or self.headers['Lambda-Runtime-Aws-Request-Id']}/{outcome}", result
        )
        return self._read_status()

    def report_init_error(self, error: Any) -> int:
        """Report an error of the initialization. Return the status of the response."""
        self._send("POST", "init/error", error)
        return self._read_status()

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

    def _read_status(self) -> int:
        response = self._connection.getresponse()
        response.read()
        return response.status


class Invoker:
    """An invoker of a function. It waits in threads, so that the test can act as the runtime."""

    def __init__(self, invoke: Callable[[Any], dict[str, Any]]) -> None:
        self._invoke = invoke
        self._threads = ThreadPoolExecutor()

    def invoke(self, event: Any) -> Future[dict[str, Any]]:
        """Start an invocation, and return the future of its result."""
        return self._threads.submit(self._invoke, event)
