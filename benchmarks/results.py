"""The files that a complete run writes: RESULTS.md, the plots, and an excerpt in docs/benchmarks.md."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks import plots
from benchmarks.report import Part
from devstack.paths import ROOT

FOLDER = Path(__file__).parent
DOCS = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- make bench writes this -->", "<!-- up to here -->"

# The tables and plots of the excerpt.
TABLES = ("cold_start", "warm_path", "feed", "upvotes", "monthly_costs")
PLOTS = ("cold_start", "cost")

# The start of a link whose target is in this folder. Links that begin with `../` need no change in `docs`.
_LOCAL_LINK = re.compile(r"\]\((?!https?:|#|\.\./)")


def write(machine_description: str, parts: Sequence[Part], folder: Path = FOLDER, docs: Path = DOCS) -> None:
    """Write RESULTS.md and the plots, and the excerpt in the docs. Replace those of the last run.

    Args:
        machine_description: a sentence about the date and the machine.
        parts: the results of all parts.
        folder: the folder of RESULTS.md and of the plots.
        docs: the page with the excerpt, which is written between the markers.
    """
    plots.write([plot for part in parts for plot in part.plots], folder / "plots")
    contents = [f"- [{part.title}](#{part.title.lower().replace(' ', '-')})" for part in parts]
    blocks = ["# Results", machine_description, "\n".join(contents), *(part.to_markdown() for part in parts)]
    (folder / "RESULTS.md").write_text("\n\n".join(blocks) + "\n")
    before, _, rest = docs.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    docs.write_text(f"{before}{BEGIN}\n\n{make_excerpt(machine_description, parts)}\n\n{END}{after}")


def make_excerpt(machine_description: str, parts: Sequence[Part]) -> str:
    """Return the excerpt, with links relative to the folder `docs`."""
    return relocate_links("\n\n".join([machine_description, *_select_blocks(parts)]))


def relocate_links(markdown: str) -> str:
    """Change links to files of this folder into links that are relative to the folder `docs`."""
    return _LOCAL_LINK.sub("](../benchmarks/", markdown)


def _select_blocks(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        yield from (table.to_markdown() for table in part.tables if table.name in TABLES)
        yield from (plot.to_markdown() for plot in part.plots if plot.name in PLOTS)
