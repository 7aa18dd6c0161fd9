"""A uvicorn server in a thread of this process."""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn

from testkit.ports import find_free_port

_START_TIMEOUT_SECONDS = 10.0


@contextlib.contextmanager
def serve(app: Any) -> Iterator[int]:
    """Serve the app on loopback until the block ends. Yield the port."""
    port = find_free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while not server.started:
            assert thread.is_alive(), "uvicorn did not start"
            assert time.monotonic() < deadline, "uvicorn did not start in time"
            time.sleep(0.01)
        yield port
    finally:
        server.should_exit = True
        thread.join()
