"""The time that a function's imports take, by module, as Python measures it."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.compared_functions import Function
from devstack.lambda_function import PYTHON

_LINE = re.compile(r"import time: +(\d+) \| +(\d+) \| ( *)(\S+)")
_MARKER = "the function's imports"
_MIN_MILLISECONDS = 10
_MAX_DEPTH = 3
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ImportTime:
    """The import of one module.

    Attributes:
        module: the name.
        milliseconds: the time, including the modules that it imported first.
        depth: 0 for the handler's module and its packages, 1 for the modules that they import, and so on.
    """

    module: str
    milliseconds: float
    depth: int


@dataclass(frozen=True, slots=True)
class ImportTimes:
    """The imports of a function, in the order in which they ended."""

    entries: Sequence[ImportTime]

    @property
    def modules(self) -> int:
        """Return the number of imported modules."""
        return len(self.entries)

    @property
    def milliseconds(self) -> float:
        """Return the time of all imports together."""
        return sum(entry.milliseconds for entry in self.entries if entry.depth == 0)

    def list_slowest(self) -> Iterator[tuple[str, float, int]]:
        """Yield the name, milliseconds and depth of the slowest modules. A module precedes its own imports."""
        for entry in reversed(self.entries):
            if entry.milliseconds >= _MIN_MILLISECONDS and entry.depth <= _MAX_DEPTH:
                yield entry.module, entry.milliseconds, entry.depth


def measure(function: Function, variables: Mapping[str, str]) -> ImportTimes:
    """Import a handler's module three times, each time in a new process. Return the fastest run."""
    runs = (_measure_once(function, variables) for _ in range(_ATTEMPTS))
    return min(runs, key=lambda imports: imports.milliseconds)


def _measure_once(function: Function, variables: Mapping[str, str]) -> ImportTimes:
    module = function.handler.rpartition(".")[0]
    # Modules that the runtime client has already imported do not count.
    code = f"import awslambdaric.bootstrap, sys; print({_MARKER!r}, file=sys.stderr); import {module}"
    result = subprocess.run(  # noqa: S603 -- the function's Python
        [str(PYTHON), "-X", "importtime", "-c", code],
        cwd=function.folder,
        env=function.make_environment(variables),
        capture_output=True,
        text=True,
        check=True,
    )
    return parse(result.stderr.rpartition(_MARKER)[2])


def parse(output: str) -> ImportTimes:
    """Parse the output of `python -X importtime`."""
    matches = (_LINE.match(line) for line in output.splitlines())
    return ImportTimes([ImportTime(m[4], int(m[2]) / 1000, len(m[3]) // 2) for m in matches if m])
