"""The cost of the snapshots grows with the Dwipps of their periods, and its bounds are those of the job."""

import pytest

from app.rankings.feed_reader import UNITS_PER_SECOND
from app.rankings.lists import LISTS
from benchmarks.ranking_costs import estimate_run, make_table
from tests.benchmarks.bills import DWIPPER

SMALL, LARGE = 1e3, 1e8  # 4,800 Dwipps, and 480 million.


def test_run_reads_one_unit_for_8_kb() -> None:
    cost = estimate_run(DWIPPER, LISTS["all"], LARGE)
    assert cost.dwipps == pytest.approx(480e6)
    assert cost.units == pytest.approx(cost.dwipps * 391 / 8192, rel=0.001)


@pytest.mark.parametrize("name", LISTS)
def test_duration_follows_from_the_rate_of_all_shards(name: str) -> None:
    cost = estimate_run(DWIPPER, LISTS[name], LARGE)
    shards = DWIPPER.count_feed_shards(LARGE)
    assert shards > 1
    assert cost.seconds == pytest.approx(cost.units / (UNITS_PER_SECOND * shards))


def test_small_site_renews_all_lists_every_five_minutes() -> None:
    assert {estimate_run(DWIPPER, ranked, SMALL).daily_runs for ranked in LISTS.values()} == {288}
    runs = {name: estimate_run(DWIPPER, ranked, LARGE).daily_runs for name, ranked in LISTS.items()}
    assert runs == {"hot": 288, "day": 288, "week": 24, "month": 1, "all": 1}


def test_hot_ends_before_its_next_run() -> None:
    assert estimate_run(DWIPPER, LISTS["hot"], LARGE).seconds < 300


def test_table_has_the_sum_of_each_size() -> None:
    table = make_table(DWIPPER)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert [row[0] for row in table.rows if "all lists" in row[0]] == [
        "10 thousand, all lists",
        "1 million, all lists",
        "100 million, all lists",
    ]
    dollars = [float(row[-1].replace(",", "")) for row in table.rows[-6:]]
    assert sum(dollars[:-1]) == pytest.approx(dollars[-1], abs=0.03)
    assert "{" not in table.to_markdown()
