"""A proxy for DynamoDB Local whose index `feed` lags, as it can on AWS. DynamoDB Local updates indexes at once.

`python -m testkit.lagging_index_proxy PORT STORE_PORT` listens on loopback. A new Dwipp appears in the index after a
random time of up to `MAX_LAG_SECONDS`, so the order of appearance differs from the order of ids:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Writes
"""

import asyncio
import contextlib
import json
import math
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devstack.process import Service
from testkit import http_proxy

MAX_LAG_SECONDS = 1.0
_INDEX = "feed"


@contextlib.contextmanager
def run_lagging_index_proxy(store: Service, folder: Path) -> Iterator[Service]:
    """Run the proxy in front of a store until the block ends. The folder is for the log."""
    store_port = store.endpoint.rpartition(":")[2]
    with http_proxy.run_proxy("testkit.lagging_index_proxy", store_port, folder=folder) as service:
        yield service


class LaggingIndexProxy:
    """The proxy: it forwards all requests, and removes new Dwipps from the responses of the index."""

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self._visible_at: dict[str, float] = {}

    async def respond(self, request: bytes, _reader: asyncio.StreamReader) -> bytes:
        """Return the response of the store. A query of the index lacks the items that are not visible yet."""
        operation = http_proxy.get_operation(request)
        body = json.loads(http_proxy.get_body(request)) if operation in ("PutItem", "Query") else {}
        if operation == "PutItem" and "dwipp_id" in body["Item"]:
            return await self._put(request, body["Item"]["dwipp_id"]["S"])
        if body.get("IndexName") == _INDEX:
            return await self._query(request)
        return await http_proxy.forward(self._store_port, request)

    async def _put(self, request: bytes, dwipp_id: str) -> bytes:
        self._visible_at[dwipp_id] = math.inf
        response = await http_proxy.forward(self._store_port, request)
        self._visible_at[dwipp_id] = time.monotonic() + random.uniform(0, MAX_LAG_SECONDS)  # noqa: S311 -- not a secret
        return response

    async def _query(self, request: bytes) -> bytes:
        asked_at = time.monotonic()
        result = json.loads(http_proxy.get_body(await http_proxy.forward(self._store_port, request)))
        result["Items"] = [item for item in result["Items"] if self._is_visible(item, asked_at)]
        # A new response, because the headers of the store's response have a checksum of its body.
        return http_proxy.make_response(200, json.dumps(result).encode())

    def _is_visible(self, item: Any, moment: float) -> bool:
        return self._visible_at.get(item["dwipp_id"]["S"], 0) <= moment


if __name__ == "__main__":
    port, store_port = map(int, sys.argv[1:])
    http_proxy.serve(port, LaggingIndexProxy(store_port).respond)
