"""The load generator repeats its request on all connections, and accepts only the statuses 200 and 201."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.load_generator import LoadResult, encode_request, generate_load

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class RecordingServer:
    """A server that sends the same response to every request, and records the requests."""

    def __init__(self, response: bytes) -> None:
        self._response = response
        self.connections = 0
        self.requests: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head + await reader.readexactly(3))
                writer.write(self._response)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@contextmanager
def run_server(response: bytes = RESPONSE) -> Iterator[RecordingServer]:
    recorder, ready, done = RecordingServer(response), threading.Event(), threading.Event()

    async def serve() -> None:
        async with await asyncio.start_server(recorder.serve, "127.0.0.1", 0) as server:
            recorder.port = server.sockets[0].getsockname()[1]
            ready.set()
            await asyncio.to_thread(done.wait, 10)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(5)
    try:
        yield recorder
    finally:
        done.set()
        thread.join()


def send_load(server: RecordingServer, connections: int) -> LoadResult:
    url = f"http://127.0.0.1:{server.port}"
    return generate_load(url, encode_request("POST", f"{url}/v1/a", "token", b"abc"), connections, 0.2)


def test_every_connection_repeats_the_request() -> None:
    with run_server() as server:
        result = send_load(server, 3)
    assert server.connections == 3
    assert len(result.latencies) == len(server.requests) > server.connections
    assert result.rate == pytest.approx(len(server.requests) / result.duration)
    assert 0 < result.percentile(50) <= result.percentile(99) <= max(result.latencies) * 1.5


def test_request_has_its_method_headers_and_body() -> None:
    with run_server() as server:
        send_load(server, 1)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"POST /v1/a HTTP/1.1"
    assert set(head.splitlines()[1:]) == {
        f"Host: 127.0.0.1:{server.port}".encode(),
        b"Authorization: Bearer token",
        b"Content-Type: application/json",
        b"Content-Length: 3",
    }
    assert body == b"abc"


@pytest.mark.parametrize(
    "status", [b"401 Unauthorized", b"503 Service Unavailable", b"302 Found"], ids=["401", "503", "302"]
)
def test_other_status_than_200_or_201_raises(status: bytes) -> None:
    response = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
    with run_server(response) as server, pytest.raises(RuntimeError, match=status.decode().lower()):
        send_load(server, 2)
