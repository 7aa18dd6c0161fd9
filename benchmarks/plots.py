"""Draws plots into SVG files, which GitHub shows; knows not what they are about."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.report import Plot

# Text as text, and the same file for the same figures.
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "dwipper",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def write(plots: Iterable[Plot], folder: Path) -> None:
    """Draw each into a file of its name, and nothing else into the folder."""
    import matplotlib as mpl  # noqa: PLC0415 -- who draws nothing does without it
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
            # A background of its own: GitHub's may be dark.
            figure.savefig(folder / f"{plot.name}.svg", facecolor="white", metadata={"Date": None})
