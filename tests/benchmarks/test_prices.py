"""Prices are asked tier by tier, and each says where it is from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import prices
from benchmarks.prices import Price
from testkit.hypothesis_settings import unhurried

ALL = {name: price for name, price in vars(prices).items() if isinstance(price, Price)}
AMOUNTS = st.integers(0, 10**12)

# Where a tier of API Gateway's ends, what all up to there costs, and what the next million costs.
EDGES = [
    (333e6, 333 * 3.50, 2.80),
    (1e9, 333 * 3.50 + 667 * 2.80, 2.38),
    (20e9, 333 * 3.50 + 667 * 2.80 + 19_000 * 2.38, 1.51),
]


@pytest.mark.parametrize(("edge", "dollars", "next_million"), EDGES)
def test_a_tier_ends_where_it_ends(edge: float, dollars: float, next_million: float) -> None:
    at_edge = prices.REST_REQUESTS.of(edge)
    assert at_edge == pytest.approx(dollars)
    assert prices.REST_REQUESTS.of(edge + 1) - at_edge == pytest.approx(next_million / 1e6, rel=1e-3)
    assert prices.REST_REQUESTS.of(edge + 1e6) - at_edge == pytest.approx(next_million)


def test_what_is_in_the_first_tier_is_asked_in_proportion() -> None:
    assert prices.REST_REQUESTS.of(1) == pytest.approx(3.5e-6)
    assert prices.REST_REQUESTS.of(1e6) == pytest.approx(3.50)
    assert prices.WRITES.of(1e6) == pytest.approx(0.625)
    assert prices.LAMBDA_ARM.of(1e6) == pytest.approx(13.3334)
    assert prices.COGNITO_LITE.of(1_000_000) == pytest.approx(100_000 * 0.0055 + 900_000 * 0.0046)


def test_transfer_is_counted_in_gigabytes() -> None:
    assert prices.TRANSFER.of(50 * 1024) == pytest.approx(10 * 1024 * 0.09 + 40 * 1024 * 0.085)


@pytest.mark.parametrize("name", ALL)
def test_each_is_complete(name: str) -> None:
    price = ALL[name]
    dollars = [dollars for _, dollars in price.tiers]
    assert price.page.startswith("https://aws.amazon.com/")
    assert price.unit
    assert price.of(0) == 0
    assert price.tiers[-1][0] == float("inf")
    assert dollars == sorted(dollars, reverse=True)
    assert dollars[-1] > 0


@unhurried
@given(st.sampled_from(sorted(ALL)), AMOUNTS, AMOUNTS)
def test_more_costs_more_and_never_more_than_apart(name: str, some: int, more: int) -> None:
    price = ALL[name]
    together = price.of(some + more)
    assert price.of(some) <= together * (1 + 1e-9)
    assert together <= (price.of(some) + price.of(more)) * (1 + 1e-9)
