"""A load generator, which repeats the same request on a number of connections.

Each connection is one coroutine on asyncio streams, because a client library would use more CPU time than the server.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The result of a load.

    Attributes:
        latencies: the seconds from each request to its response, for all connections.
        duration: the seconds of the whole load.
    """

    latencies: Sequence[float]
    duration: float

    @property
    def rate(self) -> float:
        """Return the responses per second."""
        return len(self.latencies) / self.duration

    def percentile(self, percent: int) -> float:
        """Return the seconds within which this percentage of the responses arrived."""
        return statistics.quantiles(self.latencies, n=100)[percent - 1]


def encode_request(method: str, url: str, token: str, body: bytes = b"") -> bytes:
    """Return the bytes of an HTTP/1.1 request."""
    parts = urlsplit(url)
    lines = [
        f"{method} {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def generate_load(url: str, request: bytes, connections: int, seconds: float) -> LoadResult:
    """Send a request repeatedly on all connections. A connection sends it again as soon as the response is complete.

    Args:
        url: the URL of the server. Its path is ignored.
        request: the encoded request.
        connections: the number of connections.
        seconds: the time after which no request is sent.

    Raises:
        RuntimeError: if the status of a response is neither 200 nor 201.
    """
    parts = urlsplit(url)

    async def run_connection(end: float) -> list[float]:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        latencies = []
        try:
            while (sent_at := time.perf_counter()) < end:
                writer.write(request)
                await _read_response(reader)
                latencies.append(time.perf_counter() - sent_at)
        finally:
            writer.close()
            await writer.wait_closed()
        return latencies

    async def run_all_connections() -> LoadResult:
        started_at = time.perf_counter()
        lists = await asyncio.gather(*(run_connection(started_at + seconds) for _ in range(connections)))
        duration = time.perf_counter() - started_at
        return LoadResult([latency for latencies in lists for latency in latencies], duration)

    return asyncio.run(run_all_connections())


async def _read_response(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith((b"http/1.1 200", b"http/1.1 201")):
        raise RuntimeError(f"unexpected response: {head.decode()}")
    await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
