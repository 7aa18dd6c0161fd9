"""Results are rendered as GitHub's Markdown."""

from benchmarks.report import Part, Plot, Table

TABLE = Table("apples", "Apples", ("kind", "count"), [("red", "3"), ("green", "12")], "All were counted.")
PLOT = Plot("apples", "Apples by kind", lambda axes: axes.bar(["red"], [3]))


def test_table_has_a_title_and_a_note() -> None:
    assert TABLE.to_markdown() == (
        "**Apples**\n\n| kind | count |\n| --- | ---: |\n| red | 3 |\n| green | 12 |\n\nAll were counted."
    )


def test_table_without_a_note_ends_with_its_rows() -> None:
    assert Table("a", "A", ("a",), [("1",)]).to_markdown() == "**A**\n\n| a |\n| --- |\n| 1 |"


def test_columns_of_words_are_aligned_to_the_left() -> None:
    assert "| --- | --- |" in Table("a", "A", ("a", "b"), [("x", "y")], is_numeric=False).to_markdown()


def test_tables_of_a_part_precede_its_plots() -> None:
    markdown = Part("Fruit", "From the garden.", [TABLE], [PLOT]).to_markdown()
    plot = "![Apples by kind](plots/apples.svg)"
    assert markdown == f"## Fruit\n\nFrom the garden.\n\n{TABLE.to_markdown()}\n\n{plot}"
