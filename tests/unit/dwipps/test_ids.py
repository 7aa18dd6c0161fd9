"""Ids are UUIDv7 in one spelling, and sort by the time that is in them."""

import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dwipps import ids
from app.dwipps.ids import creation_time, feed_shard, is_id, new_id
from testkit.hypothesis_settings import unhurried

KNOWN = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"  # RFC 9562, appendix A.6


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_the_example_of_the_rfc_is_one_and_says_its_time() -> None:
    assert is_id(KNOWN)
    assert creation_time(KNOWN) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_an_id_says_when_it_was_made() -> None:
    assert abs(creation_time(new_id()) - datetime.now(UTC)) < timedelta(seconds=5)


def test_no_two_are_the_same() -> None:
    assert len({new_id() for _ in range(2000)}) == 2000


@unhurried
@given(st.lists(st.integers(0, 2**48 - 1), min_size=2, max_size=20, unique=True))
def test_ids_sort_by_time(moments: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        made = []
        for moment in moments:
            patch.setattr(time, "time_ns", lambda moment=moment: moment * 1_000_000)
            made.append(ids.new_id())
    assert [moments[made.index(each)] for each in sorted(made)] == sorted(moments)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        KNOWN.upper(),
        f"{KNOWN}\n",
        f" {KNOWN}",
        KNOWN.replace("-", ""),
        f"{{{KNOWN}}}",
        f"urn:uuid:{KNOWN}",
        KNOWN[:-1],
        KNOWN + "0",
        KNOWN.replace("-7cc3-", "-4cc3-"),
        KNOWN.replace("-98c4-", "-c8c4-"),
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "\u066017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "\ud800",
        "a" * 5000,
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_nothing_else_is_an_id(value: str) -> None:
    assert not is_id(value)


@unhurried
@given(st.uuids(version=4))
def test_a_uuid_of_version_4_is_none(value: uuid.UUID) -> None:
    assert not is_id(str(value))


def test_one_shard_holds_them_all() -> None:
    assert {feed_shard(new_id(), 1) for _ in range(100)} == {0}


@pytest.mark.parametrize("shards", [2, 8, 64])
def test_shards_fill_evenly(shards: int) -> None:
    counts = [0] * shards
    for _ in range(200 * shards):
        counts[feed_shard(new_id(), shards)] += 1
    assert min(counts) > 100
    assert max(counts) < 300
