"""How long a function's imports take, module by module; by Python's own account."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.functions_compared import Function
from devstack.lambda_function import PYTHON

_LINE = re.compile(r"import time: +(\d+) \| +(\d+) \| ( *)(\S+)")
_BEGUN = "the function's imports"
_SHOWN_MILLISECONDS = 10
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Import:
    """One module, with all that it imported first; the deeper, the more others stand between it and the handler."""

    module: str
    milliseconds: float
    depth: int


@dataclass(frozen=True, slots=True)
class Imports:
    """All of them, in the order in which they ended, as Python writes them down."""

    all: Sequence[Import]

    @property
    def modules(self) -> int:
        """How many modules were imported."""
        return len(self.all)

    @property
    def milliseconds(self) -> float:
        """How long they took together."""
        return sum(each.milliseconds for each in self.all if each.depth == 0)

    def tree(self) -> Iterator[tuple[str, float, int]]:
        """The modules that took longest, those before what they import: name, milliseconds, depth."""
        for each in reversed(self.all):
            if each.milliseconds >= _SHOWN_MILLISECONDS and each.depth <= _DEEPEST:
                yield each.module, each.milliseconds, each.depth


def of(function: Function, variables: Mapping[str, str]) -> Imports:
    """Import a handler's module three times, each in a Python of its own, and take the quickest."""
    return min((_imported(function, variables) for _ in range(3)), key=lambda imports: imports.milliseconds)


def _imported(function: Function, variables: Mapping[str, str]) -> Imports:
    module = function.handler.rpartition(".")[0]
    # What the runtime client imports before the function is not the function's.
    code = f"import awslambdaric.bootstrap, sys; print({_BEGUN!r}, file=sys.stderr); import {module}"
    ended = subprocess.run(  # noqa: S603 -- the function's Python
        [str(PYTHON), "-X", "importtime", "-c", code],
        cwd=function.folder,
        env=function.environment(variables),
        capture_output=True,
        text=True,
        check=True,
    )
    return read(ended.stderr.rpartition(_BEGUN)[2])


def read(told: str) -> Imports:
    """Read what Python wrote with `-X importtime`."""
    found = (_LINE.match(line) for line in told.splitlines())
    return Imports([Import(line[4], int(line[2]) / 1000, len(line[3]) // 2) for line in found if line])
