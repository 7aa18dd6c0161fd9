"""HTTP/1.1 as a proxy before an AWS service sees it: whole messages, and the server that takes them.

A proxy is a module of its own that is run as `python -m MODULE PORT …` and listens on loopback.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from devstack.api import ROOT
from devstack.ports import LOOPBACK
from devstack.process import Service, started
from testkit.ports import free_port

# What becomes of a request: the answer to it, or nothing, which cuts the connection.
Answer = Callable[[bytes, asyncio.StreamReader], Awaitable[bytes]]


@contextlib.contextmanager
def proxy(module: str, *arguments: object, folder: Path) -> Iterator[Service]:
    """Run a proxy until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", module, str(port), *map(str, arguments)]
    log = folder / f"{module}-{port}.log"
    with started(command, folder=folder, environment={"PYTHONPATH": str(ROOT)}, log=log) as process:
        service = Service("The proxy", f"http://{LOOPBACK}:{port}", process, log)
        service.wait_until(lambda _: True, "/")
        yield service


def run(port: int, answer: Answer) -> None:
    """Answer whatever comes to a port, until this process is told to end."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(port, answer))


async def forward(port: int, request: bytes) -> bytes:
    """What the service at a port answers, over a connection of this request's own."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(request)
        return await _message(reader)
    finally:
        writer.close()


def operation(request: bytes) -> str:
    """What a call to AWS asks for; empty where it is no such call."""
    return header(request, "x-amz-target").rpartition(".")[2]


def header(message: bytes, name: str) -> str:
    """The value of a header; empty where there is none."""
    lines = message.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    headers = (line.partition(":") for line in lines)
    return next((value.strip() for found, _, value in headers if found.lower() == name), "")


def body(message: bytes) -> bytes:
    """What stands behind the headers."""
    return message.partition(b"\r\n\r\n")[2]


def response(status: int, content: bytes) -> bytes:
    """An answer of no service's."""
    return f"HTTP/1.1 {status} Made up\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def with_body(message: bytes, content: bytes) -> bytes:
    """The same message with another body."""
    head = message.partition(b"\r\n\r\n")[0].split(b"\r\n")
    kept = [line for line in head if not line.lower().startswith(b"content-length:")]
    return b"\r\n".join([*kept, b"Content-Length: %d" % len(content), b"", content])


async def _serve(port: int, answer: Answer) -> None:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _message(reader)) and (answered := await answer(request, reader)):
                writer.write(answered)
                await writer.drain()
        except ConnectionError:
            pass  # Whoever asked was killed, or waits no longer.
        finally:
            writer.close()

    server = await asyncio.start_server(take, LOOPBACK, port)
    await server.serve_forever()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One whole request or answer; nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    return head + await reader.readexactly(int(header(head, "content-length") or 0))
