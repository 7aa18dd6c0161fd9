"""Cold starts: from the spawn of AWS's own runtime client to the answer of an authenticated page of the feed.

Every start is a process of its own, which takes its first event from a stand-in for Lambda's Runtime API on this
machine. Amazon's own part, to find a machine and to fetch the image, is in none of the figures.
"""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import dataset, events, functions_compared, import_times
from benchmarks.environment import Stage
from benchmarks.functions_compared import Function
from benchmarks.progress import Steps
from benchmarks.report import Part, Plot, Table
from devstack.lambda_function import PYTHON
from devstack.process import started
from devstack.runtime_api import RuntimeApi

ROUNDS = 21


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start, in seconds: to the answer of the first event, and of the same event once more."""

    cold: float
    warm: float


def part(stage: Stage, steps: Steps) -> Part:
    """Start all functions again and again, in turn."""
    scene = dataset.built(stage)
    event = events.event(scene.settings, "GET", "/v1/dwipps")
    functions = [functions_compared.dwipper(), *map(functions_compared.rival, ("tutorial", "powertools", "bare"))]
    starts: dict[str, list[Start]] = {function.name: [] for function in functions}
    for number in steps.of(range(ROUNDS), "Cold starts"):
        first = number % len(functions)
        for function in functions[first:] + functions[:first]:
            log = stage.folder / f"{function.name}.log"
            starts[function.name].append(_start(function, scene.variables, event, log))
    return _told(starts, {function.name: import_times.of(function, scene.variables) for function in functions})


def _start(function: Function, variables: Mapping[str, str], event: Mapping[str, Any], log: Path) -> Start:
    with RuntimeApi() as runtime:
        environment = function.environment(variables) | {"AWS_LAMBDA_RUNTIME_API": runtime.address}
        command = [str(PYTHON), "-m", "awslambdaric", function.handler]
        begun = time.perf_counter()
        with started(command, folder=function.folder, environment=environment, log=log):
            _invoke(runtime, event)
            answered = time.perf_counter()
            _invoke(runtime, event)
            return Start(answered - begun, time.perf_counter() - answered)


def _invoke(runtime: RuntimeApi, event: Mapping[str, Any]) -> None:
    answer = runtime.invoke(event)
    if answer["statusCode"] != 200:
        raise RuntimeError(f"a function answered {answer}")


def _told(starts: Mapping[str, Sequence[Start]], imports: Mapping[str, import_times.Imports]) -> Part:
    cold = {name: statistics.median(start.cold for start in those) for name, those in starts.items()}
    lines = [
        (
            name,
            f"{cold[name] * 1000:.0f} ms",
            f"{cold[name] / cold['tutorial']:.2f}",
            f"{min(start.cold for start in starts[name]) * 1000:.0f} ms",
            f"{imports[name].milliseconds:.0f} ms",
            f"{imports[name].modules}",
        )
        for name in starts
    ]
    columns = ("function", "cold start", "of the tutorial's", "quickest", "imports", "modules")
    table = Table("cold_start", f"From spawn to the first page of the feed, medians of {ROUNDS} starts", columns, lines)
    tree = Table(
        "import_tree",
        "What takes Dwipper's imports longest, with all that each brings along",
        ("module", "ms"),
        [(f"{'&nbsp;' * 4 * depth}`{module}`", f"{taken:.0f}") for module, taken, depth in imports["Dwipper"].tree()],
        "By `python -X importtime`, which slows what it measures.",
    )
    plot = Plot("cold_start", "Cold starts beside the tutorial's function", lambda axes: _draw(axes, starts))
    return Part("Cold start", " ".join((__doc__ or "").split("\n\n")[1].split()), [table, tree], [plot])


def _draw(axes: Any, starts: Mapping[str, Sequence[Start]]) -> None:
    names = list(starts)
    axes.boxplot([[start.cold * 1000 for start in starts[name]] for name in names], orientation="horizontal")
    axes.set_yticks(range(1, len(names) + 1), names)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("ms from spawn to the answer")
