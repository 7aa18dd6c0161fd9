"""Prices are calculated by tiers, and every price names its source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import prices
from benchmarks.prices import Price
from testkit.hypothesis_settings import without_deadline

ALL_PRICES = {name: price for name, price in vars(prices).items() if isinstance(price, Price)}
AMOUNTS = st.integers(0, 10**12)

# For each tier of API Gateway: its end, the dollars for all requests up to this end, and those for the next million.
TIER_ENDS = [
    (333e6, 333 * 3.50, 2.80),
    (1e9, 333 * 3.50 + 667 * 2.80, 2.38),
    (20e9, 333 * 3.50 + 667 * 2.80 + 19_000 * 2.38, 1.51),
]


@pytest.mark.parametrize(("amount", "dollars", "next_million"), TIER_ENDS, ids=["first", "second", "third"])
def test_next_tier_begins_after_the_end_of_a_tier(amount: float, dollars: float, next_million: float) -> None:
    at_end = prices.REST_REQUESTS.calculate(amount)
    assert at_end == pytest.approx(dollars)
    assert prices.REST_REQUESTS.calculate(amount + 1) - at_end == pytest.approx(next_million / 1e6, rel=1e-3)
    assert prices.REST_REQUESTS.calculate(amount + 1e6) - at_end == pytest.approx(next_million)


def test_amounts_in_the_first_tier_are_proportional() -> None:
    assert prices.REST_REQUESTS.calculate(1) == pytest.approx(3.5e-6)
    assert prices.REST_REQUESTS.calculate(1e6) == pytest.approx(3.50)
    assert prices.WRITES.calculate(1e6) == pytest.approx(0.625)
    assert prices.LAMBDA_ARM.calculate(1e6) == pytest.approx(13.3334)
    assert prices.COGNITO_LITE.calculate(1_000_000) == pytest.approx(100_000 * 0.0055 + 900_000 * 0.0046)


def test_transfer_is_priced_per_gigabyte() -> None:
    assert prices.TRANSFER.calculate(50 * 1024) == pytest.approx(10 * 1024 * 0.09 + 40 * 1024 * 0.085)


@pytest.mark.parametrize("name", ALL_PRICES)
def test_price_has_a_source_and_falling_tiers(name: str) -> None:
    price = ALL_PRICES[name]
    dollars = [dollars for _, dollars in price.tiers]
    assert price.page.startswith("https://aws.amazon.com/")
    assert price.unit
    assert price.calculate(0) == 0
    assert price.tiers[-1][0] == float("inf")
    assert dollars == sorted(dollars, reverse=True)
    assert dollars[-1] > 0


@without_deadline
@given(st.sampled_from(sorted(ALL_PRICES)), AMOUNTS, AMOUNTS)
def test_sum_costs_at_least_a_part_and_at_most_both_apart(name: str, first: int, second: int) -> None:
    price = ALL_PRICES[name]
    together = price.calculate(first + second)
    assert price.calculate(first) <= together * (1 + 1e-9)
    assert together <= (price.calculate(first) + price.calculate(second)) * (1 + 1e-9)
