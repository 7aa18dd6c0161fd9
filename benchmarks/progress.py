"""Terminal progress bars for the benchmarks."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Step = TypeVar("Step")


class ProgressTracker:
    """The progress bars of a run: one for each call of `track`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def track(self, steps: Sequence[Step], label: str) -> Iterator[Step]:
        """Yield the steps. Add a bar with this label, and advance it after each step."""
        task = self._progress.add_task(label, total=len(steps))
        for step in steps:
            yield step
            self._progress.advance(task)


def create_progress() -> Progress:
    """Return a progress display that writes to standard error, because standard output holds the results."""
    columns = (TextColumn("{task.description:34}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
