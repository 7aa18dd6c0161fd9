"""Where the results of a whole run go: a page, its plots, and a part of it into the README."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks import plots
from benchmarks.report import Part
from devstack.api import ROOT

FOLDER = Path(__file__).parent
README = ROOT / "README.md"
_BEGIN, _END = "<!-- make bench writes this -->", "<!-- up to here -->"

# What the README shows of it.
TABLES = ("cold_start", "warm_path", "feed", "upvotes", "cost_of_months")
PLOTS = ("cold_start", "cost")


def write(about: str, parts: Sequence[Part], folder: Path = FOLDER, readme: Path = README) -> None:
    """Write what was found, in place of what was there."""
    plots.write([plot for part in parts for plot in part.plots], folder / "plots")
    contents = [f"- [{part.title}](#{part.title.lower().replace(' ', '-')})" for part in parts]
    page = ["# Results", about, "\n".join(contents), *(part.markdown() for part in parts)]
    (folder / "RESULTS.md").write_text("\n\n".join(page) + "\n")
    before, _, rest = readme.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    readme.write_text(f"{before}{_BEGIN}\n\n{excerpt(about, parts)}\n\n{_END}{after}")


def excerpt(about: str, parts: Sequence[Part]) -> str:
    """What the README shows, its links as they are from there."""
    shown = "\n\n".join([about, *_shown(parts)])
    return shown.replace("](plots/", "](benchmarks/plots/").replace("](../", "](")


def _shown(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        yield from (table.markdown() for table in part.tables if table.name in TABLES)
        yield from (plot.markdown() for plot in part.plots if plot.name in PLOTS)
