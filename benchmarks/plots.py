"""The SVG files of plots, in a form that GitHub shows."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.report import Plot

# Text is stored as text, and the same figures give the same file.
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "dwipper",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def write(plots: Iterable[Plot], folder: Path) -> None:
    """Draw each plot into a file with its name, and delete all other SVG files of the folder."""
    import matplotlib as mpl  # noqa: PLC0415 -- only a run that draws needs it
    from matplotlib.figure import Figure  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for plot in plots:
        with mpl.rc_context(_STYLE):
            figure = Figure(figsize=(8, 4), layout="constrained")
            axes = figure.add_subplot()
            plot.draw(axes)
            axes.set_title(plot.title, loc="left")
            # The background is opaque, because GitHub's may be dark.
            figure.savefig(folder / f"{plot.name}.svg", facecolor="white", metadata={"Date": None})
