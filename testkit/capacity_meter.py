"""The capacity that calls to DynamoDB consume."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from app.bootstrap import Container

_READS = frozenset({"GetItem", "BatchGetItem", "Query"})
_MIN_UNITS = "min_capacity_units"  # The key in the context of a call.


@dataclass(slots=True)
class ConsumedCapacity:
    """The consumed units of write capacity and of read capacity."""

    written: float = 0
    read: float = 0


class CapacityMeter:
    """A meter of the capacity that all calls of an app consume. Each call requests its consumed capacity.

    DynamoDB Local reports 0 units for a missing item of BatchGetItem, and for an empty Query. The meter counts the
    minimum of a read, as AWS does:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
    """

    def __init__(self, *clients: Any) -> None:
        self._calls: list[tuple[str, float]] = []
        self._failed_condition_units: float = 1
        for client in clients:
            client.meta.events.register("before-parameter-build.dynamodb", self._request_capacity)
            client.meta.events.register("after-call.dynamodb", self._add)

    @classmethod
    def from_container(cls, container: Container) -> Self:
        """Return a meter of all calls of an app. The app has two clients, of which one never retries."""
        return cls(container.dwipps._client, container.limit_counters._single_attempt_client)

    @contextmanager
    def measure(self, *, failed_condition_units: float = 1) -> Iterator[ConsumedCapacity]:
        """Yield the consumed capacity, which is set when the block ends.

        Args:
            failed_condition_units: the units of a write whose condition fails. DynamoDB Local reports none. AWS charges
                those of the item, one per KB:
                https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
        """
        self._calls.clear()
        self._failed_condition_units = failed_condition_units
        consumed = ConsumedCapacity()
        yield consumed
        assert self._calls, "no call to DynamoDB was measured"
        consumed.read = sum(units for name, units in self._calls if name in _READS)
        consumed.written = sum(units for name, units in self._calls if name not in _READS)

    def _request_capacity(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        assert "ReturnConsumedCapacity" in model.input_shape.members, f"{model.name} does not report its capacity"
        params["ReturnConsumedCapacity"] = "TOTAL"
        context[_MIN_UNITS] = _get_min_units(model.name, params)

    def _add(self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        failed = {"CapacityUnits": self._failed_condition_units}
        consumed = failed if "Error" in parsed else parsed["ConsumedCapacity"]
        tables = consumed if isinstance(consumed, list) else [consumed]
        units = sum(table["CapacityUnits"] for table in tables)
        self._calls.append((model.name, max(units, context[_MIN_UNITS])))


def _get_min_units(operation: str, params: dict[str, Any]) -> float:
    """Return the minimum of units that AWS charges for a read. 0 for a write."""
    if operation == "BatchGetItem":
        tables = params["RequestItems"].values()
        return sum(_get_min_item_units(table) * len(table["Keys"]) for table in tables)
    return _get_min_item_units(params) if operation in _READS else 0


def _get_min_item_units(params: dict[str, Any]) -> float:
    return 1 if params.get("ConsistentRead") else 0.5
