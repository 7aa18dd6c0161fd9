"""Ids are UUIDv7 in canonical form, and sort by creation time."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dwipps import ids
from app.dwipps.ids import (
    MAX_ID,
    MIN_ID,
    bound_above,
    bound_below,
    creation_time,
    feed_shard,
    highest_id,
    is_id,
    lowest_id,
    milliseconds,
    new_id,
)
from testkit.hypothesis_settings import without_deadline

RFC_EXAMPLE = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"  # RFC 9562, appendix A.6


def test_new_id_is_a_uuid7() -> None:
    value = uuid.UUID(new_id())
    assert value.version == 7
    assert value.variant == uuid.RFC_4122


def test_rfc_example_is_an_id_with_its_time() -> None:
    assert is_id(RFC_EXAMPLE)
    assert creation_time(RFC_EXAMPLE) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_creation_time_is_the_current_time() -> None:
    assert abs(creation_time(new_id()) - datetime.now(UTC)) < timedelta(seconds=5)


def test_ids_are_unique() -> None:
    assert len({new_id() for _ in range(2000)}) == 2000


@without_deadline
@given(st.lists(st.integers(0, 2**48 - 1), min_size=2, max_size=20, unique=True))
def test_ids_sort_by_time(times: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        generated = []
        for milliseconds in times:
            patch.setattr(time, "time_ns", lambda milliseconds=milliseconds: milliseconds * 1_000_000)
            generated.append(ids.new_id())
    assert [times[generated.index(dwipp_id)] for dwipp_id in sorted(generated)] == sorted(times)


@without_deadline
@given(st.integers(0, 2**48 - 2), st.integers(0, 2**12 - 1), st.integers(0, 2**62 - 1))
def test_ids_of_a_moment_are_between_its_lowest_and_highest_id(moment: int, first: int, second: int) -> None:
    dwipp_id = str(uuid.UUID(int=moment << 80 | 0x7 << 76 | first << 64 | 0b10 << 62 | second))
    assert all(map(is_id, (dwipp_id, lowest_id(moment), highest_id(moment))))
    assert milliseconds(dwipp_id) == milliseconds(lowest_id(moment)) == milliseconds(highest_id(moment)) == moment
    assert MIN_ID < lowest_id(moment) <= dwipp_id <= highest_id(moment) < MAX_ID
    assert bound_above(highest_id(moment)) < lowest_id(moment + 1)
    assert bound_below(dwipp_id) < dwipp_id < bound_above(dwipp_id)
    assert bound_above(bound_below(dwipp_id)) == dwipp_id


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        RFC_EXAMPLE.upper(),
        f"{RFC_EXAMPLE}\n",
        f" {RFC_EXAMPLE}",
        RFC_EXAMPLE.replace("-", ""),
        f"{{{RFC_EXAMPLE}}}",
        f"urn:uuid:{RFC_EXAMPLE}",
        RFC_EXAMPLE[:-1],
        RFC_EXAMPLE + "0",
        RFC_EXAMPLE.replace("-7cc3-", "-4cc3-"),
        RFC_EXAMPLE.replace("-98c4-", "-c8c4-"),
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "\u066017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "\ud800",
        "a" * 5000,
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_other_values_are_not_ids(value: str) -> None:
    assert not is_id(value)


@without_deadline
@given(st.uuids(version=4))
def test_uuid4_is_not_an_id(value: uuid.UUID) -> None:
    assert not is_id(str(value))


def test_single_shard_holds_all_ids() -> None:
    assert {feed_shard(new_id(), 1) for _ in range(100)} == {0}


@pytest.mark.parametrize("shards", [2, 8, 64])
def test_ids_spread_evenly_across_shards(shards: int) -> None:
    counts = [0] * shards
    for _ in range(200 * shards):
        counts[feed_shard(new_id(), shards)] += 1
    assert min(counts) > 100
    assert max(counts) < 300
