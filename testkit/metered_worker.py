"""A worker process that reports what its calls to AWS cost: `python -m testkit.metered_worker`.

It runs `app.worker` unchanged. When it ends, it writes the report as JSON to the file in the variable METER_REPORT.
"""

import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import boto3

REPORT_VARIABLE = "METER_REPORT"

_READS = ("GetItem", "Query")


class Meter:
    """The sums and the maxima of all calls of the clients that are created after `install`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._units: Counter[str] = Counter()
        self._largest: dict[str, tuple[float, str]] = {}

    def install(self) -> None:
        """Watch each client that is created from now on."""
        original = boto3.client

        def create_client(*args: Any, **options: Any) -> Any:
            client = original(*args, **options)
            client.meta.events.register("before-parameter-build.dynamodb", self._request_capacity)
            client.meta.events.register("before-send", self._measure_request)
            client.meta.events.register("before-parse", self._measure_response)
            client.meta.events.register("after-call", self._add)
            return client

        vars(boto3)["client"] = create_client

    def report(self) -> dict[str, Any]:
        """Return the calls by operation, the capacity units, and the largest calls."""
        return {"calls": self._calls, "units": self._units, "largest": self._largest}

    def _request_capacity(self, params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _measure_request(self, request: Any, event_name: str, **_: Any) -> None:
        self._keep_largest("request bytes", len(request.body or b""), event_name.rpartition(".")[2])

    def _measure_response(self, response_dict: Any, operation_model: Any, **_: Any) -> None:
        self._keep_largest("response bytes", len(response_dict["body"]), operation_model.name)

    def _add(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity", [])
        units = sum(table["CapacityUnits"] for table in (consumed if isinstance(consumed, list) else [consumed]))
        kind = "read units" if model.name in _READS else "write units"
        with self._lock:
            self._calls[model.name] += 1
            self._units[kind] += units
        self._keep_largest(kind, units, model.name)

    def _keep_largest(self, name: str, value: float, operation: str) -> None:
        with self._lock:
            self._largest[name] = max(self._largest.get(name, (0.0, "")), (value, operation))


def main() -> int:
    """Run the worker, and write the report. Return the exit code of the worker."""
    meter = Meter()
    meter.install()
    from app import worker  # noqa: PLC0415 -- after the meter, so that it watches all clients

    try:
        return worker.main()
    finally:
        Path(os.environ[REPORT_VARIABLE]).write_text(json.dumps(meter.report()))


if __name__ == "__main__":
    sys.exit(main())
