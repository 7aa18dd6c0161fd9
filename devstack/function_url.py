"""Where MiniStack hands a function's invocations on to; knows not what runs the function."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devstack.invocations import FunctionError
from devstack.ports import LOOPBACK

Invoke = Callable[[Mapping[str, Any]], dict[str, Any]]


@contextlib.contextmanager
def serving(port: int, invoke: Invoke) -> Iterator[None]:
    """Take invocations at a port of loopback until the block ends."""
    server = _Server((LOOPBACK, port), _Invocation)
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
    request_queue_size = 512  # By itself it lets five wait, and more who come at once are reset.
    invoke: Invoke


class _Invocation(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            status, answer = HTTPStatus.OK, self.server.invoke(event)
        except FunctionError as error:
            # What MiniStack takes for a function that failed.
            status, answer = HTTPStatus.INTERNAL_SERVER_ERROR, dict(error.payload)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
