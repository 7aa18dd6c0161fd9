"""What a part of the benchmarks found: words, tables and plots; knows not how it was measured or is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """A table of what was found, its cells as they are printed; of figures, or of words."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    figures: bool = True

    def markdown(self) -> str:
        """The table as GitHub's Markdown has it, under its title; figures are flush right."""
        rule = "---:" if self.figures else "---"
        lines = [self.columns, ["---", *[rule] * (len(self.columns) - 1)], *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join(filter(None, [f"**{self.title}**", table, self.note]))


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture of what was measured: `draw` gets a matplotlib Axes, and knows nothing of files."""

    name: str
    title: str
    draw: Callable[[Any], None]

    def markdown(self) -> str:
        """The picture where it is written to, as Markdown has it."""
        return f"![{self.title}](plots/{self.name}.svg)"


@dataclass(frozen=True, slots=True)
class Part:
    """What one part found."""

    title: str
    about: str
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = field(default=())

    def markdown(self) -> str:
        """All of it, under its title."""
        tables = [table.markdown() for table in self.tables]
        return "\n\n".join([f"## {self.title}", self.about, *tables, *(plot.markdown() for plot in self.plots)])
