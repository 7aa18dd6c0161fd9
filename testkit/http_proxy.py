"""The HTTP/1.1 server and client of a proxy in front of an AWS service, and the parts of messages.

A proxy is a module that runs as `python -m MODULE PORT …` and listens on loopback. It handles whole messages as bytes.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from devstack.paths import ROOT
from devstack.ports import LOOPBACK
from devstack.process import Service, start_process
from testkit.ports import find_free_port

# Returns the response to a request. An empty response closes the connection.
Responder = Callable[[bytes, asyncio.StreamReader], Awaitable[bytes]]


@contextlib.contextmanager
def run_proxy(module: str, *arguments: object, folder: Path) -> Iterator[Service]:
    """Run a proxy until the block ends.

    Args:
        module: the module of the proxy.
        arguments: the arguments after the port.
        folder: the working directory, and the folder of the log.
    """
    port = find_free_port()
    command = [sys.executable, "-m", module, str(port), *map(str, arguments)]
    log = folder / f"{module}-{port}.log"
    with start_process(command, folder=folder, environment={"PYTHONPATH": str(ROOT)}, log=log) as process:
        service = Service("The proxy", f"http://{LOOPBACK}:{port}", process, log)
        service.wait_until(lambda _: True, "/")
        yield service


def serve(port: int, respond: Responder) -> None:
    """Serve a port until this process is interrupted."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(port, respond))


async def forward(port: int, request: bytes) -> bytes:
    """Send a request to the service at a port over a new connection. Return the response."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(request)
        return await _read_message(reader)
    finally:
        writer.close()


def get_operation(request: bytes) -> str:
    """Return the operation of a call to AWS. Empty if the request is not such a call."""
    return get_header(request, "x-amz-target").rpartition(".")[2]


def get_header(message: bytes, name: str) -> str:
    """Return the value of a header. Empty if there is none."""
    lines = message.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    headers = (line.partition(":") for line in lines)
    return next((value.strip() for field, _, value in headers if field.lower() == name), "")


def get_body(message: bytes) -> bytes:
    """Return the body of a message."""
    return message.partition(b"\r\n\r\n")[2]


def make_response(status: int, content: bytes) -> bytes:
    """Return a response of the proxy itself."""
    return f"HTTP/1.1 {status} Made up\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def replace_body(message: bytes, content: bytes) -> bytes:
    """Return the message with another body."""
    head = message.partition(b"\r\n\r\n")[0].split(b"\r\n")
    kept = [line for line in head if not line.lower().startswith(b"content-length:")]
    return b"\r\n".join([*kept, b"Content-Length: %d" % len(content), b"", content])


async def _serve(port: int, respond: Responder) -> None:
    async def serve_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read_message(reader)) and (message := await respond(request, reader)):
                writer.write(message)
                await writer.drain()
        except ConnectionError:
            pass  # The client has timed out or was killed.
        finally:
            writer.close()

    server = await asyncio.start_server(serve_connection, LOOPBACK, port)
    await server.serve_forever()


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """Return one whole message. Empty if the peer has closed the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    return head + await reader.readexactly(int(get_header(head, "content-length") or 0))
