"""A part of an export fits into the response of a Lambda function."""

from datetime import UTC, datetime
from typing import Any

from app.aws.timestamps import now
from app.dwipps.feed import to_view
from app.dwipps.ids import new_id
from app.dwipps.reactions import Reaction
from app.dwipps.repository import Dwipp
from app.dwipps.schemas import Mark
from app.me.export import MAX_EXPORT_ITEMS
from app.me.schemas import ExportView
from app.members.schemas import OwnProfileView

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_LAMBDA_RESPONSE_BYTES = 6 * 1024 * 1024

_OTHER_FIELDS: Any = {"upvotes": [], "favorites": [], "next_cursor": "x" * 200}


def test_largest_part_is_below_half_the_lambda_limit() -> None:
    latest = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    profile = OwnProfileView(id="x" * 36, handle="x" * 20, email="x" * 128, joined_at=latest)
    # A Lambda response carries the body as a string within JSON, so the body is escaped twice. Line feeds grow most.
    for text in ("🦆" * 280, "\n" * 280, '"' * 280):
        dwipp = Dwipp(new_id(), text, "x" * 20, version=2**53, upvotes=2**53, edited_at=latest)
        reaction = Reaction(now(), now())
        part = ExportView(profile=profile, dwipps=[to_view(dwipp, reaction)] * MAX_EXPORT_ITEMS, **_OTHER_FIELDS)
        parsed = ExportView.model_validate_json(part.model_dump_json())
        assert len(parsed.dwipps) == MAX_EXPORT_ITEMS
        escaped = part.model_dump_json().encode("unicode_escape")
        assert len(escaped) < MAX_LAMBDA_RESPONSE_BYTES / 2
    marks = [Mark(dwipp_id="x" * 36, at=latest)] * MAX_EXPORT_ITEMS
    part = ExportView(profile=profile, upvotes=marks, favorites=marks, dwipps=[], next_cursor="x" * 200)
    assert len(part.model_dump_json().encode("unicode_escape")) < MAX_LAMBDA_RESPONSE_BYTES / 2
