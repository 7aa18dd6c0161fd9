"""JSON is taken as deep as 32, whichever Python reads it."""

from typing import Any

import pytest

from app.json_depth import MAX_DEPTH, exceeds_max_depth


def nested(levels: int, leaf: Any, *, in_lists: bool) -> Any:
    for _ in range(levels):
        leaf = [leaf] if in_lists else {"a": leaf}
    return leaf


@pytest.mark.parametrize("in_lists", [True, False], ids=["lists", "objects"])
class TestNestedDeeply:
    @pytest.mark.parametrize("leaf", [1, "text", None, True], ids=repr)
    def test_the_deepest_is_not(self, leaf: Any, in_lists: bool) -> None:
        assert not exceeds_max_depth(nested(MAX_DEPTH, leaf, in_lists=in_lists))

    def test_one_deeper_is(self, in_lists: bool) -> None:
        assert exceeds_max_depth(nested(MAX_DEPTH + 1, 1, in_lists=in_lists))

    def test_an_empty_one_is_as_deep_as_a_full_one(self, in_lists: bool) -> None:
        empty = nested(1, 1, in_lists=in_lists)
        empty.clear()
        assert not exceeds_max_depth(nested(MAX_DEPTH - 1, empty, in_lists=in_lists))
        assert exceeds_max_depth(nested(MAX_DEPTH, empty, in_lists=in_lists))

    def test_one_is_found_among_many(self, in_lists: bool) -> None:
        deep = nested(MAX_DEPTH, 1, in_lists=in_lists)
        assert exceeds_max_depth([1, "text", {"a": [], "b": {}}, deep, None])

    def test_no_depth_is_too_much(self, in_lists: bool) -> None:
        assert exceeds_max_depth(nested(1_000_000, 1, in_lists=in_lists))


@pytest.mark.parametrize("value", [None, 1, "[" * 99, b"[" * 99, True, [], {}], ids=repr)
def test_what_has_nothing_inside_is_not(value: Any) -> None:
    assert not exceeds_max_depth(value)
