"""Rows of the benchmarks are such as the app would write."""

from app.aws.items import serialize
from app.dwipps.ids import creation_time, is_id
from app.dwipps.repository import Dwipp
from app.dwipps.schemas import DwippDraft
from benchmarks import rows


def test_old_ids_are_ids_and_rise() -> None:
    ids = [rows.old_id(number) for number in range(0, 100_000, 999)]
    assert all(map(is_id, ids))
    assert ids == sorted(ids)
    assert creation_time(ids[-1]).year < 2026


def test_a_dwipp_is_one_of_the_longest() -> None:
    found = Dwipp.from_item(serialize(rows.dwipp(rows.old_id(1), upvotes=7)))
    assert (found.text, found.author_handle, found.upvotes) == (rows.TEXT, rows.HANDLE, 7)
    assert DwippDraft(text=rows.TEXT).text == rows.TEXT
    assert len(rows.TEXT) == 280
