"""A proxy for DynamoDB Local that makes transactions conflict as they do on Amazon. DynamoDB Local queues them instead.

`python -m testkit.conflict_proxy PORT STORE_PORT` listens on loopback. A transaction takes about as long as on Amazon.
Meanwhile another write to one of its items is refused, and the log gets a line:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from devstack.process import Service
from testkit import faults, http_proxy

TRANSACTION_SECONDS = 0.01
_REFUSAL_LINE = "refused"

Item = tuple[str, str]


@contextlib.contextmanager
def run_conflict_proxy(store: Service, folder: Path) -> Iterator[Service]:
    """Run the proxy until the block ends."""
    store_port = store.endpoint.rpartition(":")[2]
    with http_proxy.run_proxy("testkit.conflict_proxy", store_port, folder=folder) as service:
        yield service


def count_refusals(proxy: Service) -> int:
    """Return the number of writes that were refused so far."""
    return proxy.log.read_text().count(_REFUSAL_LINE)


class ConflictProxy:
    """Forwards requests, except for writes to an item of a transaction in progress."""

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self._locked: set[Item] = set()

    async def respond(self, request: bytes, _reader: asyncio.StreamReader) -> bytes:
        """Return the response of the store, or a conflict."""
        items = _written_items(request)
        conflicts = [item in self._locked for item in items]
        if any(conflicts):
            sys.stdout.write(f"{_REFUSAL_LINE}\n")
            sys.stdout.flush()
            return http_proxy.response(*faults.conflict_response(http_proxy.operation(request), conflicts))
        locks = set(items) if http_proxy.operation(request) == "TransactWriteItems" else set[Item]()
        self._locked |= locks
        try:
            await asyncio.sleep(TRANSACTION_SECONDS if locks else 0)
            return await http_proxy.forward(self._store_port, request)
        finally:
            self._locked -= locks


def _written_items(request: bytes) -> list[Item]:
    """Return the items that a request writes, in its order."""
    if http_proxy.operation(request) not in ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"):
        return []
    body = json.loads(http_proxy.body(request))
    writes = (
        [write for entry in body["TransactItems"] for write in entry.values()] if "TransactItems" in body else [body]
    )
    return [(write["TableName"], _key(write)) for write in writes]


def _key(write: Mapping[str, Any]) -> str:
    """Return the key as text. A put has no key of its own, so take the key attributes of our tables from its item."""
    item = write.get("Key") or write["Item"]
    names = ("pk",) if "pk" in item else ("member_id", "dwipp_id")
    return json.dumps([item.get(name) for name in names])


if __name__ == "__main__":
    port, store_port = map(int, sys.argv[1:])
    http_proxy.serve(port, ConflictProxy(store_port).respond)
