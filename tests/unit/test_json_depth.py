"""JSON may be nested up to 32 levels on every version of Python."""

from typing import Any

import pytest

from app.json_depth import MAX_DEPTH, exceeds_max_depth


def nest(levels: int, leaf: Any, *, in_lists: bool) -> Any:
    for _ in range(levels):
        leaf = [leaf] if in_lists else {"a": leaf}
    return leaf


@pytest.mark.parametrize("in_lists", [True, False], ids=["lists", "objects"])
class TestExceedsMaxDepth:
    @pytest.mark.parametrize("leaf", [1, "text", None, True], ids=repr)
    def test_maximum_depth_is_accepted(self, leaf: Any, in_lists: bool) -> None:
        assert not exceeds_max_depth(nest(MAX_DEPTH, leaf, in_lists=in_lists))

    def test_one_level_more_is_refused(self, in_lists: bool) -> None:
        assert exceeds_max_depth(nest(MAX_DEPTH + 1, 1, in_lists=in_lists))

    def test_empty_container_counts_as_a_level(self, in_lists: bool) -> None:
        empty = nest(1, 1, in_lists=in_lists)
        empty.clear()
        assert not exceeds_max_depth(nest(MAX_DEPTH - 1, empty, in_lists=in_lists))
        assert exceeds_max_depth(nest(MAX_DEPTH, empty, in_lists=in_lists))

    def test_deep_value_is_found_among_others(self, in_lists: bool) -> None:
        deep = nest(MAX_DEPTH, 1, in_lists=in_lists)
        assert exceeds_max_depth([1, "text", {"a": [], "b": {}}, deep, None])

    @pytest.mark.slow
    def test_a_million_levels_are_checked(self, in_lists: bool) -> None:
        assert exceeds_max_depth(nest(1_000_000, 1, in_lists=in_lists))


@pytest.mark.parametrize("value", [None, 1, "[" * 99, b"[" * 99, True, [], {}], ids=repr)
def test_scalars_and_empty_containers_are_accepted(value: Any) -> None:
    assert not exceeds_max_depth(value)
