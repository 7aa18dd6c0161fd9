"""Cold starts: the time from the spawn of AWS's runtime client to the response with a page of the feed."""

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import compared_functions, dataset, events, import_times
from benchmarks.compared_functions import Function
from benchmarks.import_times import ImportTimes
from benchmarks.progress import ProgressTracker
from benchmarks.report import Part, Plot, Table
from benchmarks.services import Services
from devstack.lambda_function import PYTHON
from devstack.process import start_process
from devstack.runtime_api import RuntimeApi

ROUNDS = 21

_INTRODUCTION = """\
Every start is a new process. It takes its first event, an authenticated request, from a stand-in for Lambda's Runtime
API on this machine. AWS's own part, which finds a machine and fetches the image, is not included in any figure. All
functions run in turn. Dwipper is compared with a tutorial's function (FastAPI, Mangum and boto3). The other two are the
tutorial's feed on Powertools' resolver, and a bare function that returns an empty page."""


def run(services: Services, tracker: ProgressTracker) -> Part:
    """Measure the cold starts of all functions, in turn, and the times of their imports."""
    data = dataset.create(services)
    event = events.make_member_event(data.settings, "GET", "/v1/dwipps")
    references = map(compared_functions.build_reference, ("tutorial", "powertools", "bare"))
    functions = [compared_functions.build_dwipper(), *references]
    starts: dict[str, list[float]] = {function.name: [] for function in functions}
    for number in tracker.track(range(ROUNDS), "Cold starts"):
        first = number % len(functions)
        for function in functions[first:] + functions[:first]:
            log = services.folder / f"{function.name}.log"
            starts[function.name].append(_measure_start(function, data.variables, event, log))
    imports = {function.name: import_times.measure(function, data.variables) for function in functions}
    return _report(starts, imports)


def _measure_start(function: Function, variables: Mapping[str, str], event: Mapping[str, Any], log: Path) -> float:
    """Return the seconds from the spawn of a process to its first response."""
    with RuntimeApi() as runtime:
        environment = function.make_environment(variables) | {"AWS_LAMBDA_RUNTIME_API": runtime.address}
        command = [str(PYTHON), "-m", "awslambdaric", function.handler]
        started_at = time.perf_counter()
        with start_process(command, folder=function.folder, environment=environment, log=log):
            _invoke(runtime, event)
            seconds = time.perf_counter() - started_at
            _invoke(runtime, event)  # The function must also answer a second event.
            return seconds


def _invoke(runtime: RuntimeApi, event: Mapping[str, Any]) -> None:
    response = runtime.invoke(event)
    if response["statusCode"] != 200:
        raise RuntimeError(f"the function returned {response}")


def _report(starts: Mapping[str, Sequence[float]], imports: Mapping[str, ImportTimes]) -> Part:
    plot = Plot("cold_start", "Cold starts of all functions", lambda axes: _draw(axes, starts))
    return Part(
        "Cold start", _INTRODUCTION, [_make_starts_table(starts, imports), _make_imports_table(imports)], [plot]
    )


def _make_starts_table(starts: Mapping[str, Sequence[float]], imports: Mapping[str, ImportTimes]) -> Table:
    medians = {name: statistics.median(seconds) for name, seconds in starts.items()}
    lines = [
        (
            name,
            f"{medians[name] * 1000:.0f} ms",
            f"{medians[name] / medians['tutorial']:.2f}",
            f"{min(starts[name]) * 1000:.0f} ms",
            f"{imports[name].milliseconds:.0f} ms",
            f"{imports[name].modules}",
        )
        for name in starts
    ]
    columns = ("function", "cold start", "ratio to the tutorial", "fastest", "imports", "modules")
    title = f"From spawn to the first page of the feed, medians of {ROUNDS} starts"
    return Table("cold_start", title, columns, lines)


def _make_imports_table(imports: Mapping[str, ImportTimes]) -> Table:
    return Table(
        "import_tree",
        "Dwipper's slowest imports, including the modules that each of them imports",
        ("module", "ms"),
        [
            (f"{'&nbsp;' * 4 * depth}`{module}`", f"{milliseconds:.0f}")
            for module, milliseconds, depth in imports["Dwipper"].list_slowest()
        ],
        "Measured by `python -X importtime`, which slows the imports down.",
    )


def _draw(axes: Any, starts: Mapping[str, Sequence[float]]) -> None:
    names = list(starts)
    axes.boxplot([[seconds * 1000 for seconds in starts[name]] for name in names], orientation="horizontal")
    axes.set_yticks(range(1, len(names) + 1), names)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("ms from spawn to response")
