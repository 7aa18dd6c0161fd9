"""What a part of an export may weigh."""

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
LARGEST_LAMBDA_ANSWER = 6 * 1024 * 1024

_REST: Any = {"upvotes": [], "favorites": [], "next_cursor": "x" * 200}


def test_the_heaviest_part_is_far_below_what_lambda_may_answer() -> None:
    moment = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    profile = OwnProfileView(id="x" * 36, handle="x" * 20, email="x" * 128, joined_at=moment)
    # Line feeds are the heaviest in JSON where a text comes as a string within JSON, as a Lambda's answer does.
    for text in ("🦆" * 280, "\n" * 280, '"' * 280):
        dwipp = Dwipp(new_id(), text, "x" * 20, version=2**53, upvotes=2**53, edited_at=moment)
        reaction = Reaction(now(), now())
        part = ExportView(profile=profile, dwipps=[to_view(dwipp, reaction)] * MAX_EXPORT_ITEMS, **_REST)
        answer = ExportView.model_validate_json(part.model_dump_json())
        assert len(answer.dwipps) == MAX_EXPORT_ITEMS
        in_lambda = part.model_dump_json().encode("unicode_escape")
        assert len(in_lambda) < LARGEST_LAMBDA_ANSWER / 2
    marks = [Mark(dwipp_id="x" * 36, at=moment)] * MAX_EXPORT_ITEMS
    part = ExportView(profile=profile, upvotes=marks, favorites=marks, dwipps=[], next_cursor="x" * 200)
    assert len(part.model_dump_json().encode("unicode_escape")) < LARGEST_LAMBDA_ANSWER / 2
