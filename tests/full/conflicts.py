"""A proxy before DynamoDB Local that lets transactions conflict as Amazon's do; DynamoDB Local queues them instead.

`python -m tests.full.conflicts PORT STORE_PORT` listens on loopback. While a transaction is under way, which takes
about as long as on Amazon, another write to one of its items is refused, and a line in the log says so:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.local.api import ROOT
from app.local.ports import LOOPBACK
from app.local.service import Service, started
from tests.full.engine import free_port

TRANSACTION_SECONDS = 0.01
_REFUSED = "refused"
_VERSION = "com.amazonaws.dynamodb.v20120810"

Item = tuple[str, str]


@contextlib.contextmanager
def conflicting(store: Service, folder: Path) -> Iterator[Service]:
    """Run the proxy until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "tests.full.conflicts", str(port), store.endpoint.rpartition(":")[2]]
    log = folder / "conflicts.log"
    with started(command, folder=folder, environment={"PYTHONPATH": str(ROOT)}, log=log) as process:
        service = Service("The proxy", f"http://{LOOPBACK}:{port}", process, log)
        service.wait_until(lambda response: response.status_code == 400, "/")
        yield service


def refusals(proxy: Service) -> int:
    """How many writes were refused so far."""
    return proxy.log.read_text().count(_REFUSED)


class Proxy:
    """Carries requests on, one connection to the store for each to the proxy."""

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self._held: set[Item] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        store_reader, store_writer = await asyncio.open_connection(LOOPBACK, self._store_port)
        try:
            while request := await _message(reader):
                writer.write(await self._answer(request, store_reader, store_writer))
                await writer.drain()
        except ConnectionError:
            pass  # Whoever asked was killed.
        finally:
            store_writer.close()
            writer.close()

    async def _answer(self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        items = _items_of(request)
        in_the_way = [item in self._held for item in items]
        if any(in_the_way):
            sys.stdout.write(f"{_REFUSED}\n")
            sys.stdout.flush()
            return _refusal(_operation(request), in_the_way)
        held = set(items) if _operation(request) == "TransactWriteItems" else set[Item]()
        self._held |= held
        try:
            await asyncio.sleep(TRANSACTION_SECONDS if held else 0)
            writer.write(request)
            return await _message(reader)
        finally:
            self._held -= held


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One whole request or answer; nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    return head + await reader.readexactly(int(_header(head, b"content-length") or 0))


def _header(message: bytes, name: bytes) -> bytes:
    head = message.partition(b"\r\n\r\n")[0]
    headers = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return next((value.strip() for found, _, value in headers if found.lower() == name), b"")


def _operation(request: bytes) -> str:
    return _header(request, b"x-amz-target").decode().rpartition(".")[2]


def _items_of(request: bytes) -> list[Item]:
    """The items that a request writes, in its order."""
    if _operation(request) not in ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"):
        return []
    body = json.loads(request.partition(b"\r\n\r\n")[2])
    writes = (
        [write for entry in body["TransactItems"] for write in entry.values()] if "TransactItems" in body else [body]
    )
    return [(write["TableName"], _key(write)) for write in writes]


def _key(write: Mapping[str, Any]) -> str:
    """The key as text; where a whole item is put, our tables' keys tell which part of it that is."""
    item = write.get("Key") or write["Item"]
    names = ("pk",) if "pk" in item else ("member_id", "dwipp_id")
    return json.dumps([item.get(name) for name in names])


def _refusal(operation: str, in_the_way: list[bool]) -> bytes:
    body: dict[str, Any] = {"__type": f"{_VERSION}#TransactionConflictException", "message": "Transaction is ongoing."}
    if operation == "TransactWriteItems":
        reasons = [{"Code": "TransactionConflict" if conflict else "None"} for conflict in in_the_way]
        body |= {"__type": f"{_VERSION}#TransactionCanceledException", "CancellationReasons": reasons}
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(content)}"
    return head.encode() + b"\r\n\r\n" + content


async def _main(port: int, store_port: int) -> None:
    server = await asyncio.start_server(Proxy(store_port).serve, LOOPBACK, port)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(*map(int, sys.argv[1:])))
