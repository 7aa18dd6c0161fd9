"""The capacity that calls to DynamoDB consume."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from app.bootstrap import Container

_READS = frozenset({"GetItem", "BatchGetItem", "Query"})
# DynamoDB Local reports no capacity for a write whose condition failed. AWS charges one unit per KB of the item. Our
# items are below 1 KB, except the row of blocks with up to 11 KB:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
_FAILED_CONDITION = {"CapacityUnits": 1.0}


@dataclass(slots=True)
class ConsumedCapacity:
    """The consumed units of write capacity and of read capacity."""

    written: float = 0
    read: float = 0


class CapacityMeter:
    """A meter of the capacity that all calls of an app consume. It makes each call request the figure."""

    def __init__(self, *clients: Any) -> None:
        self._calls: list[tuple[str, float]] = []
        for client in clients:
            client.meta.events.register("before-parameter-build.dynamodb", self._request_capacity)
            client.meta.events.register("after-call.dynamodb", self._add)

    @classmethod
    def from_container(cls, container: Container) -> Self:
        """Return a meter of all calls of an app. One client retries calls, the other does not."""
        return cls(container.dwipps._client, container.limit_counters._single_attempt_client)

    @contextmanager
    def measure(self) -> Iterator[ConsumedCapacity]:
        """Yield the consumed capacity, which is set when the block ends."""
        self._calls.clear()
        consumed = ConsumedCapacity()
        yield consumed
        assert self._calls, "no call to DynamoDB was measured"
        consumed.read = sum(units for name, units in self._calls if name in _READS)
        consumed.written = sum(units for name, units in self._calls if name not in _READS)

    def _request_capacity(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        assert "ReturnConsumedCapacity" in model.input_shape.members, f"{model.name} does not report its capacity"
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _add(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        consumed = _FAILED_CONDITION if "Error" in parsed else parsed["ConsumedCapacity"]
        for table in consumed if isinstance(consumed, list) else [consumed]:
            self._calls.append((model.name, table["CapacityUnits"]))
