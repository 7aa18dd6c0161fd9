"""Load on a server: the same request again and again over a number of connections; knows not what it asks for.

One coroutine to a connection, on bare streams: a client library would take more of the machine than the server.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: seconds for each answer, in all connections, and how long all of it took."""

    seconds: Sequence[float]
    taken: float

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return len(self.seconds) / self.taken

    def quantile(self, hundredths: int) -> float:
        """The seconds within which so many hundredths of the answers came."""
        return statistics.quantiles(self.seconds, n=100)[hundredths - 1]


def request(method: str, url: str, token: str, body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    parts = urlsplit(url)
    lines = [
        f"{method} {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def put_on(url: str, message: bytes, connections: int, duration: float) -> Load:
    """Send the request over so many connections for so many seconds, the next when the last was answered."""
    parts = urlsplit(url)

    async def connection(end: float) -> list[float]:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        seconds = []
        try:
            while (begun := time.perf_counter()) < end:
                writer.write(message)
                await _answer(reader)
                seconds.append(time.perf_counter() - begun)
        finally:
            writer.close()
            await writer.wait_closed()
        return seconds

    async def all_of_them() -> Load:
        begun = time.perf_counter()
        lists = await asyncio.gather(*(connection(begun + duration) for _ in range(connections)))
        return Load([second for seconds in lists for second in seconds], time.perf_counter() - begun)

    return asyncio.run(all_of_them())


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith((b"http/1.1 200", b"http/1.1 201")):
        raise RuntimeError(f"the server answered {head.decode()}")
    await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
