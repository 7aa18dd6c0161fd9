"""Progress bars of the benchmarks on the terminal."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Step = TypeVar("Step")


class ProgressTracker:
    """Shows a progress bar for each measurement."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def track(self, steps: Sequence[Step], label: str) -> Iterator[Step]:
        """Yield the steps one by one, and advance a new bar after each."""
        task = self._progress.add_task(label, total=len(steps))
        for step in steps:
            yield step
            self._progress.advance(task)


def create_progress() -> Progress:
    """Return bars on standard error, so that standard output holds only the results."""
    columns = (TextColumn("{task.description:34}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
