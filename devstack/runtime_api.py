"""A stand-in for Lambda's Runtime API, from which awslambdaric takes events; knows not which function it runs.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from devstack.invocations import Invocations
from devstack.ports import LOOPBACK

_BASE = "/2018-06-01/runtime"
_ARN = "arn:aws:lambda:us-east-1:000000000000:function:dwipper"


class RuntimeApi:
    """Serves any number of runtimes, on loopback, for as long as the block lasts.

    A runtime is a connection: when that ends, so has the runtime, and what it was working on.
    """

    def __init__(self, *, seconds: float = 28.0, arn: str = _ARN) -> None:
        """Serve the function of this name, which has so many seconds for an event, its wait for a runtime included."""
        self._invocations = Invocations(seconds)
        self._server = _Server(self._invocations, arn)

    @property
    def address(self) -> str:
        """What a runtime has to find in AWS_LAMBDA_RUNTIME_API."""
        return f"{LOOPBACK}:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._invocations.send_away()
        self._server.end()
        self._invocations.close()

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Have an event handled by the first runtime that asks for one; any thread may.

        Raises:
            FunctionError: it failed, ended or took too long; or no runtime is left, and the last one could not start.
        """
        return self._invocations.invoke(event)


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, invocations: Invocations, arn: str) -> None:
        super().__init__((LOOPBACK, 0), _Connection)
        self.invocations = invocations
        self.arn = arn
        self._connections: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        self.shutdown()
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):  # The other side was quicker.
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()  # Waits for the connections' threads.


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one piece: sent apart, the second waits for the first to be acknowledged.
    server: _Server
    _number = ""

    def handle(self) -> None:
        try:
            with contextlib.suppress(ConnectionError):  # Who is killed says no good-bye.
                super().handle()
        finally:
            self.server.invocations.forget(self.connection, self._number)

    def do_GET(self) -> None:
        if self.path != f"{_BASE}/invocation/next":
            self._say(HTTPStatus.NOT_FOUND)
        elif invocation := self.server.invocations.take(self.connection, self._has_ended):
            self._number = invocation.number
            about = {"Aws-Request-Id": invocation.number, "Deadline-Ms": int(invocation.deadline * 1000)}
            self._say(HTTPStatus.OK, invocation.event, about | {"Invoked-Function-Arn": self.server.arn})
        else:
            self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        known = True
        match self.path.removeprefix(_BASE).split("/"):
            case ["", "init", "error"]:
                self.server.invocations.fail_start(json.loads(body))
            case ["", "invocation", number, "response"]:
                known = self.server.invocations.finish(number, body)
            case ["", "invocation", number, "error"]:
                known = self.server.invocations.finish(number, failure=json.loads(body))
            case _:
                known = False
        self._say(HTTPStatus.ACCEPTED if known else HTTPStatus.BAD_REQUEST)

    def _has_ended(self) -> bool:
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def _say(self, status: HTTPStatus, body: bytes = b"{}", about: Mapping[str, object] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")  # Without it awslambdaric crashes.
        self.send_header("Content-Length", str(len(body)))
        for name, value in (about or {}).items():
            self.send_header(f"Lambda-Runtime-{name}", str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
