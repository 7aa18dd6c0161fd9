"""The report of a benchmark: text, tables and plots. Independent of matplotlib."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """A table of formatted cells.

    Attributes:
        name: the key of the table, unique among all parts.
        title: the heading.
        columns: the names of the columns.
        rows: the cells.
        note: a paragraph below the table.
        is_numeric: whether all columns except the first contain figures.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    is_numeric: bool = True

    def to_markdown(self) -> str:
        """Return the title, the table and the note in GitHub's Markdown. Figures are aligned to the right."""
        alignment = "---:" if self.is_numeric else "---"
        lines = [self.columns, ["---", *[alignment] * (len(self.columns) - 1)], *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join(filter(None, [f"**{self.title}**", table, self.note]))


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot.

    Attributes:
        name: the name of the file without its extension.
        title: the heading.
        draw: draws the plot on a matplotlib Axes.
    """

    name: str
    title: str
    draw: Callable[[Any], None]

    def to_markdown(self) -> str:
        """Return the image of the plot's file in Markdown, with a path relative to the results."""
        return f"![{self.title}](plots/{self.name}.svg)"


@dataclass(frozen=True, slots=True)
class Part:
    """The results of one part of the benchmarks."""

    title: str
    introduction: str
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = ()

    def to_markdown(self) -> str:
        """Return the title, the introduction, the tables and the plots."""
        tables = [table.to_markdown() for table in self.tables]
        plots = [plot.to_markdown() for plot in self.plots]
        return "\n\n".join([f"## {self.title}", self.introduction, *tables, *plots])
