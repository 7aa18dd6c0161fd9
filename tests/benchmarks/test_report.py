"""What was found is written down as GitHub shows it."""

from benchmarks.report import Part, Plot, Table

TABLE = Table("apples", "Apples", ("kind", "count"), [("red", "3"), ("green", "12")], "All were counted.")
PLOT = Plot("apples", "Apples by kind", lambda axes: axes.bar(["red"], [3]))


def test_a_table_is_one_of_markdown_under_its_title() -> None:
    assert TABLE.markdown() == (
        "**Apples**\n\n| kind | count |\n| --- | ---: |\n| red | 3 |\n| green | 12 |\n\nAll were counted."
    )


def test_a_table_without_a_note_ends_with_its_rows() -> None:
    assert Table("a", "A", ("a",), [("1",)]).markdown() == "**A**\n\n| a |\n| --- |\n| 1 |"


def test_words_are_flush_left() -> None:
    assert "| --- | --- |" in Table("a", "A", ("a", "b"), [("x", "y")], figures=False).markdown()


def test_a_part_has_its_tables_before_its_plots() -> None:
    markdown = Part("Fruit", "Of the garden.", [TABLE], [PLOT]).markdown()
    assert markdown == f"## Fruit\n\nOf the garden.\n\n{TABLE.markdown()}\n\n![Apples by kind](plots/apples.svg)"
