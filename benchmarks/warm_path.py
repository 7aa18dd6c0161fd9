"""What a function does by itself for an event, beside what a tutorial's function does for it.

By itself means the time of the processor: what is spent on waiting for DynamoDB is not in it. Both have the same 100
Dwipps of 280 characters. Dwipper's makes two calls to DynamoDB for a page (the feed, the reader's reactions), two for a
new Dwipp (the member's row, the Dwipp) and four for an upvote (the member's row, the reaction, the transaction, the
Dwipp as it is then). The tutorial's makes one, one and two, checks no claims, and loses upvotes that meet.
"""

import contextlib
import json
import statistics
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import dataset, events, functions_compared, rows
from benchmarks.dataset import Scenery
from benchmarks.deployment import MEMORY_MB
from benchmarks.environment import Stage
from benchmarks.functions_compared import Function
from benchmarks.progress import Steps
from benchmarks.report import Part, Table
from devstack.lambda_function import PYTHON
from devstack.process import end

ROUNDS = 15
EVENTS = 40
CALLS = {"page of the feed": 2, "create": 2, "upvote": 4}  # to DynamoDB, one after the other
_WHOLE_PROCESSOR_MB = 1769
_CALL_MILLISECONDS = 5.0
_WORKER = Path(__file__).with_name("warm_worker.py")


@dataclass(frozen=True, slots=True)
class Taken:
    """What one event took, in milliseconds: by the clock, and of the processor."""

    wall: float
    cpu: float


class Worker:
    """A process of a function, which handles an event as often as it is told."""

    def __init__(self, function: Function, process: "subprocess.Popen[str]") -> None:
        self._function = function
        self._process = process

    def handle(self, event: Mapping[str, Any], times: int) -> Taken:
        """Handle it so many times, one after the other."""
        assert self._process.stdin  # noqa: S101 -- both are pipes
        assert self._process.stdout  # noqa: S101
        self._process.stdin.write(json.dumps([self._function.handler, event, times]) + "\n")
        self._process.stdin.flush()
        wall, cpu = json.loads(self._process.stdout.readline())
        return Taken(wall * 1000, cpu * 1000)


Measured = Mapping[tuple[str, str], Sequence[Taken]]  # By operation and function.


def measured(stage: Stage, steps: Steps) -> Measured:
    """Have both functions handle the same events, in turn."""
    scene = dataset.built(stage)
    functions = [functions_compared.dwipper(), functions_compared.rival("tutorial")]
    taken: dict[tuple[str, str], list[Taken]] = {}
    with contextlib.ExitStack() as running:
        workers = {each.name: running.enter_context(_worker(each, scene, stage.folder)) for each in functions}
        for _ in steps.of(range(ROUNDS), "Warm path"):
            for operation, event in _events(scene).items():
                for name, worker in workers.items():
                    taken.setdefault((operation, name), []).append(worker.handle(event, EVENTS))
    return {key: those[1:] for key, those in taken.items()}  # The first round warms up.


@contextlib.contextmanager
def _worker(function: Function, scene: Scenery, folder: Path) -> Iterator[Worker]:
    with (
        (folder / f"{function.name}-warm.log").open("w") as log,
        subprocess.Popen(  # noqa: S603 -- the function's Python
            [str(PYTHON), str(_WORKER)],
            cwd=function.folder,
            env=function.environment(scene.variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Worker(function, process)
        finally:
            end(process)


def _events(scene: Scenery) -> Mapping[str, Mapping[str, Any]]:
    return {
        "page of the feed": events.event(scene.settings, "GET", "/v1/dwipps"),
        "create": events.event(scene.settings, "POST", "/v1/dwipps", {"text": rows.TEXT}),
        "upvote": events.event(scene.settings, "POST", f"/v1/dwipps/{scene.dwipp_id}/upvote"),
    }


def milliseconds(taken: Measured) -> Mapping[str, float]:
    """How long Lambda would work on each of Dwipper's operations, as far as it can be told from here.

    A function of 1,769 MB has one processor, one of less a share of it; DynamoDB takes some milliseconds for a call.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    own = {operation: those for (operation, name), those in taken.items() if name == "Dwipper"}
    cpu = {operation: statistics.median(each.cpu for each in those) for operation, those in own.items()}
    return {name: cpu[name] * _WHOLE_PROCESSOR_MB / MEMORY_MB + CALLS[name] * _CALL_MILLISECONDS for name in own}


def part(taken: Measured) -> Part:
    """What was found."""
    cpu = {key: statistics.median(each.cpu for each in those) for key, those in taken.items()}
    wall = {key: statistics.median(each.wall for each in those) for key, those in taken.items()}
    lines = [
        (
            operation,
            f"{cpu[operation, 'Dwipper']:.1f} ms",
            f"{cpu[operation, 'tutorial']:.1f} ms",
            f"{cpu[operation, 'Dwipper'] / cpu[operation, 'tutorial']:.2f}",
            f"{wall[operation, 'Dwipper']:.1f} ms",
            f"{wall[operation, 'tutorial']:.1f} ms",
        )
        for operation in dict.fromkeys(operation for operation, _ in taken)
    ]
    columns = ("operation", "Dwipper", "tutorial", "ratio", "Dwipper, by the clock", "tutorial, by the clock")
    title = f"Time of the processor for one event, medians of {ROUNDS - 1} rounds of {EVENTS} events in turn"
    return Part("Warm path", " ".join((__doc__ or "").split()), [Table("warm_path", title, columns, lines)])
