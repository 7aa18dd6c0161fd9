"""The time that a warm function takes for an event, for Dwipper and for a tutorial's function."""

import contextlib
import json
import statistics
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import compared_functions, dataset, events, rows
from benchmarks.compared_functions import Function
from benchmarks.dataset import Dataset
from benchmarks.deployment import MEMORY_MB
from benchmarks.progress import ProgressTracker
from benchmarks.report import Part, Table
from benchmarks.services import Services
from devstack.lambda_function import PYTHON
from devstack.process import stop_process

ROUNDS = 15
EVENTS = 40
# The calls to DynamoDB that Dwipper makes one after the other. Concurrent calls take the time of one.
SEQUENTIAL_CALLS = {"page of the feed": 2, "create": 3, "upvote": 6}
_FULL_PROCESSOR_MB = 1769
_DYNAMODB_CALL_MILLISECONDS = 5.0
_WORKER = Path(__file__).with_name("warm_worker.py")

_INTRODUCTION = """\
CPU time does not include the time in which a function waits for DynamoDB. Both functions read the same 100 Dwipps of
280 characters. They differ in their calls to DynamoDB:

- A page takes three calls in Dwipper, and one in the tutorial. Two calls are one after the other (the feed, the
  reader's reactions). The third one (the reader's blocks) is concurrent with them.
- A new Dwipp takes three calls (the member's row, the limit, the Dwipp), and one in the tutorial.
- An upvote takes seven calls, and two in the tutorial. Six calls are one after the other (the member's row, the limit,
  the Dwipp, the reaction, the transaction, the updated Dwipp). The seventh one (the member's blocks) is concurrent with
  the first read of the Dwipp.

The tutorial checks no claims, and loses concurrent upvotes."""


@dataclass(frozen=True, slots=True)
class EventTime:
    """The milliseconds of one event: the elapsed time and the CPU time."""

    wall: float
    cpu: float


class Worker:
    """A process that runs one function.

    Args:
        function: the function.
        process: the process, with pipes to its standard input and output.
    """

    def __init__(self, function: Function, process: "subprocess.Popen[str]") -> None:
        self._function = function
        self._process = process

    def handle(self, event: Mapping[str, Any], times: int) -> EventTime:
        """Handle an event several times in a row. Return the mean time."""
        assert self._process.stdin  # noqa: S101 -- both are pipes
        assert self._process.stdout  # noqa: S101
        self._process.stdin.write(json.dumps([self._function.handler, event, times]) + "\n")
        self._process.stdin.flush()
        wall, cpu = json.loads(self._process.stdout.readline())
        return EventTime(wall * 1000, cpu * 1000)


EventTimes = Mapping[tuple[str, str], Sequence[EventTime]]  # By operation and function.


def measure(services: Services, tracker: ProgressTracker) -> EventTimes:
    """Let both functions handle the same events, in turn. Return all rounds but the first, which warms up."""
    data = dataset.create(services)
    functions = [compared_functions.build_dwipper(), compared_functions.build_reference("tutorial")]
    times: dict[tuple[str, str], list[EventTime]] = {}
    with contextlib.ExitStack() as stack:
        workers = {
            function.name: stack.enter_context(_run_worker(function, data, services.folder)) for function in functions
        }
        for _ in tracker.track(range(ROUNDS), "Warm path"):
            for operation, event in _make_events(data).items():
                for name, worker in workers.items():
                    times.setdefault((operation, name), []).append(worker.handle(event, EVENTS))
    return {key: rounds[1:] for key, rounds in times.items()}


@contextlib.contextmanager
def _run_worker(function: Function, data: Dataset, folder: Path) -> Iterator[Worker]:
    with (
        (folder / f"{function.name}-warm.log").open("w") as log,
        subprocess.Popen(  # noqa: S603 -- the function's Python
            [str(PYTHON), str(_WORKER)],
            cwd=function.folder,
            env=function.make_environment(data.variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Worker(function, process)
        finally:
            stop_process(process)


def _make_events(data: Dataset) -> Mapping[str, Mapping[str, Any]]:
    make_event = events.make_member_event
    return {
        "page of the feed": make_event(data.settings, "GET", "/v1/dwipps"),
        "create": make_event(data.settings, "POST", "/v1/dwipps", {"text": rows.TEXT}),
        "upvote": make_event(data.settings, "POST", f"/v1/dwipps/{data.dwipp_id}/upvote"),
    }


def estimate_billed_milliseconds(times: EventTimes) -> Mapping[str, float]:
    """Estimate the duration of Dwipper's function on Lambda for each operation, in milliseconds.

    A function with 1,769 MB of memory has one processor, and a smaller one has a share of it. A call to DynamoDB takes
    a few milliseconds. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    cpu = {operation: _calculate_median_cpu(rounds) for (operation, name), rounds in times.items() if name == "Dwipper"}
    return {
        operation: milliseconds * _FULL_PROCESSOR_MB / MEMORY_MB
        + SEQUENTIAL_CALLS[operation] * _DYNAMODB_CALL_MILLISECONDS
        for operation, milliseconds in cpu.items()
    }


def report(times: EventTimes) -> Part:
    """Return the measured times as a table."""
    cpu = {key: _calculate_median_cpu(rounds) for key, rounds in times.items()}
    wall = {key: statistics.median(time.wall for time in rounds) for key, rounds in times.items()}
    lines = [
        (
            operation,
            f"{cpu[operation, 'Dwipper']:.1f} ms",
            f"{cpu[operation, 'tutorial']:.1f} ms",
            f"{cpu[operation, 'Dwipper'] / cpu[operation, 'tutorial']:.2f}",
            f"{wall[operation, 'Dwipper']:.1f} ms",
            f"{wall[operation, 'tutorial']:.1f} ms",
        )
        for operation in dict.fromkeys(operation for operation, _ in times)
    ]
    columns = (
        "operation",
        "Dwipper, CPU time",
        "tutorial, CPU time",
        "ratio to the tutorial",
        "Dwipper, elapsed time",
        "tutorial, elapsed time",
    )
    title = f"Time for one event, medians of {ROUNDS - 1} rounds of {EVENTS} events"
    return Part("Warm path", _INTRODUCTION, [Table("warm_path", title, columns, lines)])


def _calculate_median_cpu(rounds: Sequence[EventTime]) -> float:
    return statistics.median(time.cpu for time in rounds)
