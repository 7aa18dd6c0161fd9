"""Units by the developer guide's rules."""

from typing import Any

import pytest

from benchmarks import developer_guide
from benchmarks.designs import Units


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({}, 0),
        ({"a": ""}, 1),
        ({"name": "value"}, 9),
        ({"a": "ü"}, 3),
        ({"n": 0}, 3),
        ({"n": 12}, 3),
        ({"n": 123}, 4),
        ({"a": "b", "cd": 1}, 2 + 4),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(item: dict[str, Any], size: int) -> None:
    assert developer_guide.size(item) == size


@pytest.mark.parametrize(("length", "units"), [(1, 1), (1023, 1), (1024, 2), (2047, 2), (2048, 3)])
def test_a_write_takes_a_unit_for_each_kilobyte(length: int, units: int) -> None:
    assert developer_guide.written({"a": "x" * length}) == units


def test_a_read_takes_a_unit_for_four_kilobytes_of_all_that_it_reads_and_half_of_it_where_it_may_lag() -> None:
    item = {"a": "x" * 1999}
    assert developer_guide.read(item, consistent=True) == 1
    assert developer_guide.read(item, item, consistent=True) == 1
    assert developer_guide.read(item, item, item, consistent=True) == 2
    assert developer_guide.read(item, item, item) == 1


def test_what_operations_take() -> None:
    reckoned = developer_guide.reckoned()
    assert reckoned["create"] == Units(3, 1)
    assert reckoned["upvote"] == Units(6, 3)
    assert reckoned["upvote a favorite"] == Units(7, 3)
    assert reckoned["favorite"] == Units(2, 3)
    assert reckoned["one Dwipp"] == Units(0, 2)
