"""The HTTP endpoint to which MiniStack posts the invocations of a function."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devstack.invocations import FunctionError
from devstack.ports import LOOPBACK

Invoke = Callable[[Mapping[str, Any]], Any]


@contextlib.contextmanager
def serve(port: int, invoke: Invoke) -> Iterator[None]:
    """Serve invocations on a port of loopback until the block ends.

    Args:
        port: the port on loopback.
        invoke: invokes the function. It raises FunctionError if the function fails. Threads call it concurrently.
    """
    server = _Server((LOOPBACK, port), _InvocationHandler)
    server.invoke = invoke
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The default of five resets connections when more arrive at the same time.
    request_queue_size = 512
    invoke: Invoke


class _InvocationHandler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            status, response = HTTPStatus.OK, self.server.invoke(event)
        except FunctionError as error:
            # MiniStack treats a response with this status as an error of the function.
            status, response = HTTPStatus.INTERNAL_SERVER_ERROR, dict(error.payload)
        body = json.dumps(response).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Suppress the access log."""
