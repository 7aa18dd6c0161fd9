"""A stand-in for Lambda's Runtime API, from which awslambdaric takes events.

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

_BASE_PATH = "/2018-06-01/runtime"
_DEFAULT_ARN = "arn:aws:lambda:us-east-1:000000000000:function:dwipper"


class RuntimeApi:
    """A server on loopback for any number of runtimes, which is closed when the block ends.

    Each connection is one runtime. If the connection ends, the runtime has ended, and its invocation fails.

    Args:
        timeout_seconds: the limit for one event, the wait for a runtime included.
        arn: the ARN of the function, which the runtimes receive.
    """

    def __init__(self, *, timeout_seconds: float = 28.0, arn: str = _DEFAULT_ARN) -> None:
        self._invocations = Invocations(timeout_seconds)
        self._server = _Server(self._invocations, arn)

    @property
    def address(self) -> str:
        """Return the value of AWS_LAMBDA_RUNTIME_API for a runtime."""
        return f"{LOOPBACK}:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._invocations.release_runtimes()
        self._server.stop()
        self._invocations.close()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Return the response of the first free runtime to an event. Any thread may call this.

        Raises:
            FunctionError: if the function fails, exits or takes too long, or if no runtime is left and the last one
                could not start. Also after the block has ended.
        """
        return self._invocations.invoke(event)


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, invocations: Invocations, arn: str) -> None:
        super().__init__((LOOPBACK, 0), _RuntimeConnection)
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

    def stop(self) -> None:
        self.shutdown()
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):  # The runtime may have closed the connection already.
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()  # Waits for the threads of the connections.


class _RuntimeConnection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Send headers and body in one packet. Otherwise the body waits until the headers are acknowledged.
    wbufsize = -1
    server: _Server
    _request_id = ""

    def handle(self) -> None:
        try:
            with contextlib.suppress(ConnectionError):  # A killed runtime resets its connection.
                super().handle()
        finally:
            self.server.invocations.remove_runtime(self.connection, self._request_id)

    def do_GET(self) -> None:
        if self.path != f"{_BASE_PATH}/invocation/next":
            self._respond(HTTPStatus.NOT_FOUND)
        elif invocation := self.server.invocations.take(self.connection, self._has_ended):
            self._request_id = invocation.request_id
            metadata = {
                "Aws-Request-Id": invocation.request_id,
                "Deadline-Ms": int(invocation.deadline * 1000),
                "Invoked-Function-Arn": self.server.arn,
            }
            self._respond(HTTPStatus.OK, invocation.event, metadata)
        else:
            self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        is_known = True
        match self.path.removeprefix(_BASE_PATH).split("/"):
            case ["", "init", "error"]:
                self.server.invocations.fail_init(json.loads(body))
            case ["", "invocation", request_id, "response"]:
                is_known = self.server.invocations.finish(request_id, body)
            case ["", "invocation", request_id, "error"]:
                is_known = self.server.invocations.finish(request_id, error=json.loads(body))
            case _:
                is_known = False
        self._respond(HTTPStatus.ACCEPTED if is_known else HTTPStatus.BAD_REQUEST)

    def _has_ended(self) -> bool:
        """Return True if the runtime has closed or reset its connection."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def _respond(self, status: HTTPStatus, body: bytes = b"{}", metadata: Mapping[str, object] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")  # awslambdaric crashes without this header.
        self.send_header("Content-Length", str(len(body)))
        for name, value in (metadata or {}).items():
            self.send_header(f"Lambda-Runtime-{name}", str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Suppress the access log."""
