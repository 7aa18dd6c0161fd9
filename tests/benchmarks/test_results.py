"""What `make bench` wrote last is what the README shows, and nothing stands there that it did not write."""

import re
from pathlib import Path

import pytest

from benchmarks import plots, results
from benchmarks.report import Part, Plot, Table
from devstack.api import ROOT

RESULTS = results.FOLDER / "RESULTS.md"
README = (ROOT / "README.md").read_text()
EXCERPT = README.partition("<!-- make bench writes this -->")[2].partition("<!-- up to here -->")[0].strip()

PARTS = [
    Part(
        "Apples",
        "Counted.",
        [Table("feed", "Shown", ("a",), [("1",)]), Table("other", "Not shown", ("b",), [("2",)])],
        [Plot("cost", "Shown too", lambda _: None), Plot("other", "Not shown either", lambda _: None)],
    )
]


def test_the_readme_shows_what_the_results_say() -> None:
    found = RESULTS.read_text()
    blocks = EXCERPT.replace("](benchmarks/plots/", "](plots/").replace("](deploy/", "](../deploy/").split("\n\n")
    assert len(blocks) > len(results.TABLES)
    for block in blocks:
        assert block in found


def test_the_readme_shows_every_table_and_plot_that_it_should() -> None:
    assert len(re.findall(r"^\| ---", EXCERPT, re.MULTILINE)) == len(results.TABLES)
    assert len(re.findall(r"^!\[", EXCERPT, re.MULTILINE)) == len(results.PLOTS)


def test_every_plot_is_there_and_no_other() -> None:
    named = set(re.findall(r"\(plots/(\w+\.svg)\)", RESULTS.read_text()))
    assert named == {path.name for path in (results.FOLDER / "plots").iterdir()}


def test_a_run_replaces_what_the_last_one_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(plots, "write", lambda found, _: drawn.extend(plot.name for plot in found))
    readme = tmp_path / "README.md"
    readme.write_text(f"Before.\n{results._BEGIN}\nold\n{results._END}\nAfter.\n")
    results.write("Measured here.", PARTS, tmp_path, readme)
    shown = "Measured here.\n\n**Shown**\n\n| a |\n| --- |\n| 1 |\n\n![Shown too](benchmarks/plots/cost.svg)"
    assert readme.read_text() == f"Before.\n{results._BEGIN}\n\n{shown}\n\n{results._END}\nAfter.\n"
    page = (tmp_path / "RESULTS.md").read_text()
    assert page.startswith("# Results\n\nMeasured here.\n\n- [Apples](#apples)\n\n## Apples\n")
    assert "Not shown" in page
    assert drawn == ["cost", "other"]
