"""The candidates are the best Dwipps, regardless of the order and the parts in which Dwipps are added."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rankings import candidates as candidates_module
from app.rankings.candidates import Candidates
from app.rankings.lists import LISTS
from testkit.rankings import make_id

AS_OF = datetime(2026, 11, 26, 8, tzinfo=UTC)

# The age in milliseconds, the rest of the id, and the upvotes. There are few values of each, so many are equal.
DWIPPS = st.lists(
    st.tuples(st.integers(1, 4).map(lambda hours: hours * 3_600_000), st.integers(0, 5), st.integers(0, 3)),
    unique_by=lambda dwipp: dwipp[:2],
    max_size=12,
)


def _pack(age_milliseconds: int, rest: int) -> bytes:
    moment = round(AS_OF.timestamp() * 1000) - age_milliseconds
    return UUID(int=moment << 80 | 0x7 << 76 | 0b10 << 62 | rest).bytes


def _hot(upvotes: int, age_milliseconds: int) -> float:
    return float((upvotes + 1) / (age_milliseconds / 3_600_000 + 2) ** 1.5)


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates_module, "MAX_RANKED", 5)


@given(DWIPPS, st.integers(0, 12))
def test_best_dwipps_are_ranked_by_upvotes_and_newest_first(dwipps: list[tuple[int, int, int]], split: int) -> None:
    packed = [(_pack(age, rest), upvotes) for age, rest, upvotes in dwipps]
    first, second = (Candidates(LISTS["day"].score, AS_OF) for _ in range(2))
    first.add(packed[:split])
    second.add(packed[split:])
    first.add(second)
    expected = sorted(packed, key=lambda dwipp: (-dwipp[1], -int.from_bytes(dwipp[0], "big")))
    assert first.rank() == [dwipp_id for dwipp_id, _ in expected[:5]]


@given(DWIPPS)
def test_hot_is_the_score_of_the_contract(dwipps: list[tuple[int, int, int]]) -> None:
    hot = Candidates(LISTS["hot"].score, AS_OF)
    hot.add((_pack(age, rest), upvotes) for age, rest, upvotes in dwipps)
    expected = sorted(dwipps, key=lambda dwipp: (_hot(dwipp[2], dwipp[0]), -dwipp[0], dwipp[1]), reverse=True)
    assert hot.rank() == [_pack(age, rest) for age, rest, _ in expected[:5]]


@given(DWIPPS)
def test_packed_candidates_are_read_back(dwipps: list[tuple[int, int, int]]) -> None:
    score = LISTS["hot"].score
    before = Candidates(score, AS_OF)
    before.add((_pack(age, rest), upvotes) for age, rest, upvotes in dwipps)
    after = Candidates.unpack(score, AS_OF, before.pack())
    assert (after.rank(), sorted(after)) == (before.rank(), sorted(before))


def test_packed_ids_sort_like_ids() -> None:
    ids = [make_id(AS_OF - timedelta(milliseconds=number % 7)) for number in range(50)]
    assert sorted(ids) == [str(UUID(bytes=packed)) for packed in sorted(UUID(each).bytes for each in ids)]
