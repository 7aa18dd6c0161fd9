"""Load asks again and again over all of its connections, and takes no answer that it was not to get."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks import load

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Gives one answer to everything, and counts."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.connections = 0
        self.requests: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head + await reader.readexactly(3))
                writer.write(self._answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@contextmanager
def serving(answer: bytes = ANSWER) -> Iterator[Server]:
    served, started, over = Server(answer), threading.Event(), threading.Event()

    async def serve() -> None:
        async with await asyncio.start_server(served.serve, "127.0.0.1", 0) as server:
            served.port = server.sockets[0].getsockname()[1]
            started.set()
            await asyncio.to_thread(over.wait, 10)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(5)
    try:
        yield served
    finally:
        over.set()
        thread.join()


def _put_on(server: Server, connections: int) -> load.Load:
    url = f"http://127.0.0.1:{server.port}"
    return load.put_on(url, load.request("POST", f"{url}/v1/a", "token", b"abc"), connections, 0.2)


def test_every_connection_asks_again_when_it_is_answered() -> None:
    with serving() as server:
        found = _put_on(server, 3)
    assert server.connections == 3
    assert len(found.seconds) == len(server.requests) > server.connections
    assert found.rate == pytest.approx(len(server.requests) / found.taken)
    assert 0 < found.quantile(50) <= found.quantile(99) <= max(found.seconds) * 1.5


def test_it_sends_what_it_is_told() -> None:
    with serving() as server:
        _put_on(server, 1)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"POST /v1/a HTTP/1.1"
    assert set(head.splitlines()[1:]) == {
        f"Host: 127.0.0.1:{server.port}".encode(),
        b"Authorization: Bearer token",
        b"Content-Type: application/json",
        b"Content-Length: 3",
    }
    assert body == b"abc"


@pytest.mark.parametrize("status", [b"401 Unauthorized", b"503 Service Unavailable", b"302 Found"])
def test_no_other_answer_counts(status: bytes) -> None:
    answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
    with serving(answer) as server, pytest.raises(RuntimeError, match=status.decode().lower()):
        _put_on(server, 2)
