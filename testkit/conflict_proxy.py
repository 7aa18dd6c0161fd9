"""A proxy for DynamoDB Local that refuses conflicting transactions, as AWS does. DynamoDB Local queues them.

`python -m testkit.conflict_proxy PORT STORE_PORT` listens on loopback. A transaction takes `TRANSACTION_SECONDS`, an
assumption. During that time the proxy refuses other writes to the items of the transaction, and logs a line for each:
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

TRANSACTION_SECONDS = 0.01  # An assumption: the time on AWS was not measured.
_REFUSAL_LINE = "refused"

Item = tuple[str, str]


@contextlib.contextmanager
def run_conflict_proxy(store: Service, folder: Path) -> Iterator[Service]:
    """Run the proxy in front of a store until the block ends. The folder is for the log."""
    store_port = store.endpoint.rpartition(":")[2]
    with http_proxy.run_proxy("testkit.conflict_proxy", store_port, folder=folder) as service:
        yield service


def count_refusals(proxy: Service) -> int:
    """Return the number of writes that were refused so far."""
    return proxy.log.read_text().count(_REFUSAL_LINE)


class ConflictProxy:
    """The proxy: it refuses writes to items of a transaction in progress, and forwards all other requests."""

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self._locked: set[Item] = set()

    async def respond(self, request: bytes, _reader: asyncio.StreamReader) -> bytes:
        """Return the response of the store, or a conflict."""
        items = _list_written_items(request)
        conflicts = [item in self._locked for item in items]
        if any(conflicts):
            sys.stdout.write(f"{_REFUSAL_LINE}\n")
            sys.stdout.flush()
            return http_proxy.make_response(
                *faults.make_conflict_response(http_proxy.get_operation(request), conflicts)
            )
        locks = set(items) if http_proxy.get_operation(request) == "TransactWriteItems" else set[Item]()
        self._locked |= locks
        try:
            await asyncio.sleep(TRANSACTION_SECONDS if locks else 0)
            return await http_proxy.forward(self._store_port, request)
        finally:
            self._locked -= locks


def _list_written_items(request: bytes) -> list[Item]:
    """Return the items that a request writes, in the order of the request."""
    if http_proxy.get_operation(request) not in ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"):
        return []
    body = json.loads(http_proxy.get_body(request))
    writes = (
        [write for entry in body["TransactItems"] for write in entry.values()] if "TransactItems" in body else [body]
    )
    return [(write["TableName"], _encode_key(write)) for write in writes]


def _encode_key(write: Mapping[str, Any]) -> str:
    """Return the key of a write as a string. For a put, the key attributes of our tables are read from the item."""
    item = write.get("Key") or write["Item"]
    names = ("pk", "sk") if "pk" in item else ("member_id", "dwipp_id")
    return json.dumps([item.get(name) for name in names])


if __name__ == "__main__":
    port, store_port = map(int, sys.argv[1:])
    http_proxy.serve(port, ConflictProxy(store_port).respond)
