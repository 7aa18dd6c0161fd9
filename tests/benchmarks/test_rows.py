"""Rows of the benchmarks have the form of the rows that the app writes."""

from app.aws.items import serialize
from app.dwipps.ids import creation_time, is_id
from app.dwipps.models import Dwipp
from app.dwipps.schemas import DwippDraft
from benchmarks import rows


def test_old_ids_are_valid_and_ascending() -> None:
    ids = [rows.make_old_id(number) for number in range(0, 100_000, 999)]
    assert all(map(is_id, ids))
    assert ids == sorted(ids)
    assert creation_time(ids[-1]).year < 2026


def test_dwipp_is_readable_and_has_the_maximum_length() -> None:
    dwipp = Dwipp.from_item(serialize(rows.make_dwipp(rows.make_old_id(1), upvotes=7)))
    assert (dwipp.text, dwipp.author_handle, dwipp.upvotes) == (rows.TEXT, rows.HANDLE, 7)
    assert DwippDraft(text=rows.TEXT).text == rows.TEXT
    assert len(rows.TEXT) == 280
