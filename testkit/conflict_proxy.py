"""A proxy before DynamoDB Local that lets transactions conflict as Amazon's do; DynamoDB Local queues them instead.

`python -m testkit.conflict_proxy PORT STORE_PORT` listens on loopback. While a transaction is under way, which takes
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

from devstack.process import Service
from testkit import faults, http_proxy

TRANSACTION_SECONDS = 0.01
_REFUSED = "refused"

Item = tuple[str, str]


@contextlib.contextmanager
def run_conflict_proxy(store: Service, folder: Path) -> Iterator[Service]:
    """Run the proxy until the block ends."""
    store_port = store.endpoint.rpartition(":")[2]
    with http_proxy.proxy("testkit.conflict_proxy", store_port, folder=folder) as service:
        yield service


def count_refusals(proxy: Service) -> int:
    """How many writes were refused so far."""
    return proxy.log.read_text().count(_REFUSED)


class Proxy:
    """Carries requests on, but for those that meet a transaction."""

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self._held: set[Item] = set()

    async def answer(self, request: bytes, _reader: asyncio.StreamReader) -> bytes:
        """What the store answers, or that somebody is in the way."""
        items = _items_of(request)
        in_the_way = [item in self._held for item in items]
        if any(in_the_way):
            sys.stdout.write(f"{_REFUSED}\n")
            sys.stdout.flush()
            return http_proxy.response(*faults.conflict_response(http_proxy.operation(request), in_the_way))
        held = set(items) if http_proxy.operation(request) == "TransactWriteItems" else set[Item]()
        self._held |= held
        try:
            await asyncio.sleep(TRANSACTION_SECONDS if held else 0)
            return await http_proxy.forward(self._store_port, request)
        finally:
            self._held -= held


def _items_of(request: bytes) -> list[Item]:
    """The items that a request writes, in its order."""
    if http_proxy.operation(request) not in ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"):
        return []
    body = json.loads(http_proxy.body(request))
    writes = (
        [write for entry in body["TransactItems"] for write in entry.values()] if "TransactItems" in body else [body]
    )
    return [(write["TableName"], _key(write)) for write in writes]


def _key(write: Mapping[str, Any]) -> str:
    """The key as text; where a whole item is put, our tables' keys tell which part of it that is."""
    item = write.get("Key") or write["Item"]
    names = ("pk",) if "pk" in item else ("member_id", "dwipp_id")
    return json.dumps([item.get(name) for name in names])


if __name__ == "__main__":
    port, store_port = map(int, sys.argv[1:])
    http_proxy.run(port, Proxy(store_port).answer)
