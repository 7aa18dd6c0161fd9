"""Who asks the Runtime API for events as awslambdaric does, a step at a time, and who hands them in."""

import http.client
import json
import socket
import struct
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from devstack.runtime_api import RuntimeApi


class Runtime:
    """Speaks to the API over one connection."""

    def __init__(self, api: RuntimeApi) -> None:
        self._connection = http.client.HTTPConnection(api.address, timeout=10)
        self.headers = http.client.HTTPMessage()

    def ask(self) -> None:
        self._send("GET", "invocation/next")

    def take(self) -> Any:
        response = self._connection.getresponse()
        assert response.status == 200
        self.headers = response.headers
        return json.loads(response.read())

    def answer(self, answer: Any, *, number: str = "", outcome: str = "response") -> int:
        self._send("POST", f"invocation/{number or self.headers['Lambda-Runtime-Aws-Request-Id']}/{outcome}", answer)
        return self._status()

    def fail_to_start(self, failure: Any) -> int:
        self._send("POST", "init/error", failure)
        return self._status()

    def end(self) -> None:
        self._connection.close()

    def kill(self) -> None:
        """End without the good-bye of TCP."""
        assert self._connection.sock
        self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.end()

    def _send(self, method: str, path: str, body: Any = None) -> None:
        text = None if body is None else json.dumps(body)
        self._connection.request(method, f"/2018-06-01/runtime/{path}", text)

    def _status(self) -> int:
        response = self._connection.getresponse()
        response.read()
        return response.status


class Caller:
    """Hands events in, and does other things meanwhile."""

    def __init__(self, invoke: Callable[[Any], dict[str, Any]]) -> None:
        self._invoke = invoke
        self._threads = ThreadPoolExecutor()

    def invokes(self, event: Any) -> Future[dict[str, Any]]:
        return self._threads.submit(self._invoke, event)
