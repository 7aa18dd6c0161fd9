"""The excerpt in docs/benchmarks.md agrees with RESULTS.md, and a complete run replaces both."""

import re
from pathlib import Path

import pytest

from benchmarks import plots, results
from benchmarks.report import Part, Plot, Table
from devstack.paths import ROOT

RESULTS = results.FOLDER / "RESULTS.md"
EXCERPT = results.DOCS.read_text().partition(results.BEGIN)[2].partition(results.END)[0].strip()

PARTS = [
    Part(
        "Apples",
        "Counted.",
        [
            Table("feed", "Shown", ("a",), [("1",)], "See [a module](prices.py), [a file](../deploy/data.yml)."),
            Table("other", "Not shown", ("b",), [("2",)]),
        ],
        [Plot("cost", "Shown too", lambda _: None), Plot("other", "Not shown either", lambda _: None)],
    )
]


def get_links(page: Path) -> list[str]:
    """Return the targets of all relative links of a page, without fragments."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    return [target.partition("#")[0] for target in targets if not target.startswith(("http://", "https://", "#"))]


def test_every_block_of_the_docs_is_in_the_results() -> None:
    blocks = EXCERPT.split("\n\n")
    relocated_results = results.relocate_links(RESULTS.read_text())
    assert len(blocks) > len(results.TABLES)
    for block in blocks:
        assert block in relocated_results


def test_docs_have_all_tables_and_plots_of_the_excerpt() -> None:
    assert len(re.findall(r"^\| ---", EXCERPT, re.MULTILINE)) == len(results.TABLES)
    assert len(re.findall(r"^!\[", EXCERPT, re.MULTILINE)) == len(results.PLOTS)


@pytest.mark.parametrize("page", [results.DOCS, RESULTS], ids=["docs", "results"])
def test_relative_links_resolve(page: Path) -> None:
    links = get_links(page)
    assert links
    assert [link for link in links if not (page.parent / link).resolve().is_relative_to(ROOT)] == []
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_results_show_every_plot_file_and_no_other() -> None:
    shown = set(re.findall(r"\(plots/(\w+\.svg)\)", RESULTS.read_text()))
    assert shown == {path.name for path in (results.FOLDER / "plots").iterdir()}


def test_run_replaces_the_results_of_the_last_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(plots, "write", lambda written, _: drawn.extend(plot.name for plot in written))
    docs = tmp_path / "benchmarks.md"
    docs.write_text(f"Before.\n{results.BEGIN}\nold\n{results.END}\nAfter.\n")
    results.write("Measured here.", PARTS, tmp_path, docs)
    table = "**Shown**\n\n| a |\n| --- |\n| 1 |"
    note = "See [a module](../benchmarks/prices.py), [a file](../deploy/data.yml)."
    excerpt = f"Measured here.\n\n{table}\n\n{note}\n\n![Shown too](../benchmarks/plots/cost.svg)"
    assert docs.read_text() == f"Before.\n{results.BEGIN}\n\n{excerpt}\n\n{results.END}\nAfter.\n"
    page = (tmp_path / "RESULTS.md").read_text()
    assert page.startswith("# Results\n\nMeasured here.\n\n- [Apples](#apples)\n\n## Apples\n")
    assert "Not shown" in page
    assert drawn == ["cost", "other"]
