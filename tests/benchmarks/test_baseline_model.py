"""The model of the baseline design agrees with DynamoDB Local, grows with the site, and stops at its limits."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.baseline_model import BaselineModel, BaselineParameters, calculate_read_units
from benchmarks.capacity_units import CapacityUnits
from benchmarks.popularity import EXPONENT, Popularity
from benchmarks.usage import Unsupported, Usage
from benchmarks.workload import LOG_IN, PAGES, REACTIONS, Workload
from testkit.hypothesis_settings import without_deadline

WORKLOAD = Workload()
BASELINE = BaselineModel(BaselineParameters(), {}, WORKLOAD)

# The assumptions of the workload and of the parameters, for the sums by hand.
ACTIVE_SHARE = 0.4
DWIPPS_PER_ACTIVE_MEMBER = 12  # One a month, for a year.
DWIPP_BYTES = 516
REACTIONS_PER_DWIPP = 22
REACTION_BYTES = 25
OVERHEAD_BYTES = 100  # DynamoDB's overhead of each stored item.
FUNCTION_MILLISECONDS = 15  # The default of an operation that was not measured.
MILLISECONDS_PER_MEGABYTE = 20


def get_usage(model: BaselineModel, operation: str, members: float) -> Usage:
    usage = model.estimate_usage(operation, members)
    assert isinstance(usage, Usage)
    return usage


def test_upvote_writes_the_whole_item() -> None:
    measured = {0: 1, 1_000: 25, 10_000: 245}
    assert {
        reactions: BaselineParameters().calculate_update_units(reactions).write for reactions in measured
    } == measured


def test_scan_reads_the_whole_table() -> None:
    assert calculate_read_units(1_000 * BaselineParameters().calculate_item_size(0)) == 63
    assert calculate_read_units(1) == 0.5
    assert calculate_read_units(4096) == 0.5
    assert calculate_read_units(4097) == 1


def test_item_holds_16_363_reactions() -> None:
    parameters = BaselineParameters()
    assert parameters.max_reactions == 16_363
    assert parameters.calculate_item_size(parameters.max_reactions) <= 400 * 1024
    assert parameters.calculate_item_size(parameters.max_reactions + 1) > 400 * 1024


@pytest.mark.parametrize("operation", PAGES)
def test_list_usage_is_proportional_to_the_number_of_dwipps(operation: str) -> None:
    small, large = (get_usage(BASELINE, operation, members) for members in (1e4, 1e5))
    assert large.units.read == pytest.approx(10 * small.units.read, rel=1e-3)
    assert small.units.write == large.units.write == 0
    small_scan, large_scan = (usage.milliseconds - FUNCTION_MILLISECONDS for usage in (small, large))
    assert large_scan == pytest.approx(10 * small_scan, rel=1e-3)


def test_list_usage_equals_the_sum_by_hand() -> None:
    dwipps = 10_000 * ACTIVE_SHARE * DWIPPS_PER_ACTIVE_MEMBER
    size = dwipps * (DWIPP_BYTES + REACTIONS_PER_DWIPP * REACTION_BYTES)
    usage = get_usage(BASELINE, "page of the feed", 1e4)
    assert usage.units == CapacityUnits(read=calculate_read_units(size))
    assert usage.milliseconds == pytest.approx(FUNCTION_MILLISECONDS + size / 2**20 * MILLISECONDS_PER_MEGABYTE)


def test_storage_equals_the_sum_by_hand() -> None:
    stored = BASELINE.estimate_storage(1e4)
    dwipps = 10_000 * ACTIVE_SHARE * DWIPPS_PER_ACTIVE_MEMBER
    item_bytes = DWIPP_BYTES + REACTIONS_PER_DWIPP * REACTION_BYTES + OVERHEAD_BYTES
    assert stored.tables == pytest.approx(dwipps * item_bytes)
    assert stored.indexes == 0


@pytest.mark.parametrize("operation", REACTIONS)
def test_reactions_write_more_units_on_a_larger_site(operation: str) -> None:
    units = [get_usage(BASELINE, operation, 10**power).units.write for power in range(3, 9)]
    assert all(smaller <= larger for smaller, larger in pairwise(units))
    assert units[0] < units[-1]


def test_operations_on_items_without_reactions_stay_cheap() -> None:
    assert get_usage(BASELINE, "create", 1e8).units == CapacityUnits(write=1)
    assert get_usage(BASELINE, LOG_IN, 1e8).units == CapacityUnits()
    assert get_usage(BASELINE, "one Dwipp", 1e3).units == CapacityUnits(read=0.5)


@pytest.mark.parametrize("operation", PAGES)
def test_lists_stop_working_at_the_timeout_of_api_gateway(operation: str) -> None:
    duration = get_usage(BASELINE, operation, 1e4).milliseconds
    sufficient, too_short = (
        BaselineModel(BaselineParameters(timeout_milliseconds=timeout), {}, WORKLOAD)
        for timeout in (duration, duration - 0.001)
    )
    assert isinstance(sufficient.estimate_usage(operation, 1e4), Usage)
    assert too_short.estimate_usage(operation, 1e4) == Unsupported("a Scan of 0.0 GB takes 1 s")


def test_full_items_refuse_reactions() -> None:
    assert get_usage(BASELINE, "upvote", 1e4).refused_share == 0
    shares = [get_usage(BASELINE, "upvote", members).refused_share for members in (1e6, 1e8)]
    assert 0 < shares[0] < shares[1] < 1


def calculate_reactions_by_rank(dwipps: int, mean: float, maximum: float) -> list[float]:
    shares = [rank**-EXPONENT for rank in range(1, dwipps + 1)]
    return [min(mean * dwipps * share / sum(shares), maximum) for share in shares]


@without_deadline
@given(st.integers(1, 5_000), st.floats(0.1, 50), st.floats(1, 5_000))
def test_popularity_follows_the_zipf_law(dwipps: int, mean: float, maximum: float) -> None:
    popularity, reactions = Popularity(dwipps, mean, maximum), calculate_reactions_by_rank(dwipps, mean, maximum)
    mean_earlier = sum(count**2 for count in reactions) / 2 / sum(reactions)
    assert popularity.total_reactions == pytest.approx(sum(reactions), rel=1e-3)
    assert popularity.mean_earlier_reactions == pytest.approx(mean_earlier, rel=1e-3)
    assert popularity.mean_earlier_reactions <= maximum / 2 * (1 + 1e-9)


def test_no_reactions_are_lost_below_the_maximum() -> None:
    assert Popularity(1e6, 22, 1e9).total_reactions == pytest.approx(22e6)
