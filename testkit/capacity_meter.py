"""What calls to DynamoDB consume, by what DynamoDB says of each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_READS = frozenset({"GetItem", "BatchGetItem", "Query"})
# DynamoDB Local tells nothing of a write whose condition failed; Amazon charges for the item, and ours are below 1 KB:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
_REFUSED_WRITE = {"CapacityUnits": 1.0}


@dataclass(slots=True)
class ConsumedCapacity:
    """Capacity units, of writes and of reads."""

    written: float = 0
    read: float = 0


class CapacityMeter:
    """Has a client ask for the consumed capacity of all its calls, and adds it up."""

    def __init__(self, client: Any) -> None:
        self._calls: list[tuple[str, float]] = []
        client.meta.events.register("before-parameter-build.dynamodb", self._ask)
        client.meta.events.register("after-call.dynamodb", self._note)

    @contextmanager
    def running(self) -> Iterator[ConsumedCapacity]:
        """Measure what is spent until the block ends."""
        self._calls.clear()
        spent = ConsumedCapacity()
        yield spent
        assert self._calls, "the operation asked DynamoDB for something"
        spent.read = sum(units for name, units in self._calls if name in _READS)
        spent.written = sum(units for name, units in self._calls if name not in _READS)

    def _ask(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        assert "ReturnConsumedCapacity" in model.input_shape.members, f"{model.name} tells what it consumes"
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        consumed = _REFUSED_WRITE if "Error" in parsed else parsed["ConsumedCapacity"]
        for table in consumed if isinstance(consumed, list) else [consumed]:
            self._calls.append((model.name, table["CapacityUnits"]))
