"""Sizes and capacities follow the rules of the developer guide."""

from typing import Any

import pytest

from benchmarks import developer_guide
from benchmarks.capacity_units import CapacityUnits


@pytest.mark.parametrize(
    ("item", "size"),
    [
        pytest.param({}, 0, id="empty"),
        pytest.param({"a": ""}, 1, id="empty-string"),
        pytest.param({"name": "value"}, 9, id="string"),
        pytest.param({"a": "ü"}, 3, id="two-byte-character"),
        pytest.param({"n": 0}, 3, id="zero"),
        pytest.param({"n": 12}, 3, id="two-digits"),
        pytest.param({"n": 123}, 4, id="three-digits"),
        pytest.param({"a": "b", "cd": 1}, 2 + 4, id="two-attributes"),
    ],
)
def test_item_size_is_the_bytes_of_names_and_values(item: dict[str, Any], size: int) -> None:
    assert developer_guide.calculate_item_size(item) == size


@pytest.mark.parametrize(("length", "units"), [(1, 1), (1023, 1), (1024, 2), (2047, 2), (2048, 3)])
def test_write_costs_one_unit_per_started_kilobyte(length: int, units: int) -> None:
    assert developer_guide.calculate_write_units({"a": "x" * length}) == units


def test_read_costs_one_unit_per_4_kb_or_half_if_eventual() -> None:
    item = {"a": "x" * 1999}
    assert developer_guide.calculate_read_units(item, consistent=True) == 1
    assert developer_guide.calculate_read_units(item, item, consistent=True) == 1
    assert developer_guide.calculate_read_units(item, item, item, consistent=True) == 2
    assert developer_guide.calculate_read_units(item, item, item) == 1


def test_read_that_finds_nothing_costs_the_smallest_unit() -> None:
    assert developer_guide.calculate_read_units(consistent=True) == 1
    assert developer_guide.calculate_read_units() == 0.5


def test_operations_have_the_capacities_calculated_by_hand() -> None:
    operations = developer_guide.calculate_operations()
    assert operations["create"] == CapacityUnits(4, 1)
    assert operations["create with a key"] == CapacityUnits(7, 1)
    assert operations["page of the feed"] == CapacityUnits(0, 2.5)
    assert operations["one Dwipp"] == CapacityUnits(0, 2.5)
    assert operations["upvote"] == CapacityUnits(7, 4)
    assert operations["upvote a favorite"] == CapacityUnits(8, 4)
    assert operations["favorite"] == CapacityUnits(3, 3.5)
    assert operations["edit"] == CapacityUnits(4, 2)
    assert operations["delete"] == CapacityUnits(4, 3.5)
