"""The capacity that calls to DynamoDB consume."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from app.bootstrap import Container

_READS = frozenset({"GetItem", "BatchGetItem", "Query"})


@dataclass(slots=True)
class ConsumedCapacity:
    """The consumed units of write capacity and of read capacity."""

    written: float = 0
    read: float = 0


class CapacityMeter:
    """A meter of the capacity that all calls of an app consume. Each call requests its consumed capacity."""

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

    def _request_capacity(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        assert "ReturnConsumedCapacity" in model.input_shape.members, f"{model.name} does not report its capacity"
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _add(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        failed = {"CapacityUnits": self._failed_condition_units}
        consumed = failed if "Error" in parsed else parsed["ConsumedCapacity"]
        for table in consumed if isinstance(consumed, list) else [consumed]:
            self._calls.append((model.name, table["CapacityUnits"]))
