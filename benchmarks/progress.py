"""How far the benchmarks are, for whoever waits for them."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Step = TypeVar("Step")


class Steps:
    """A bar for each thing that is measured, on the terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def of(self, steps: Sequence[Step], label: str) -> Iterator[Step]:
        """The steps one by one, the bar moving on after each."""
        task = self._progress.add_task(label, total=len(steps))
        for step in steps:
            yield step
            self._progress.advance(task)


def bars() -> Progress:
    """Bars on standard error, so that what is found can be kept apart from them."""
    columns = (TextColumn("{task.description:34}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
