"""A bulk decision spares Dwipps with other decisions, and Dwipps after the end of the suspension."""

from datetime import datetime, timedelta

import pytest

from app.cases.models import Case, Decision
from app.dwipps.ids import creation_time, new_id
from app.dwipps.models import Dwipp, Removal
from app.moderation.bulk_decisions import BulkDecision
from app.moderation.case_states import CaseState

ID = new_id()
CREATED_AT = creation_time(ID)
AT = CREATED_AT + timedelta(seconds=1)
REMOVAL = BulkDecision("max", "remove", "bulk", "spam", AT)
RESTORATION = REMOVAL._replace(action="dismiss")
DWIPP = Dwipp(ID, "Socks", "max", version=1, upvotes=0, edited_at=None)
OWN = Removal(AT, "spam", "bulk")


def _state(dwipp: Dwipp | None = DWIPP, decision: Decision | None = None) -> CaseState:
    return CaseState(Case(ID, "max", CREATED_AT, decision=decision), dwipp)


def test_row_is_read_as_it_was_written() -> None:
    for decision in (REMOVAL, RESTORATION):
        assert BulkDecision.from_row({"pk": "", "sk": "", "touched_at": "", **decision.to_values()}) == decision


@pytest.mark.parametrize(
    ("ends_at", "applies"),
    [
        (None, True),
        (CREATED_AT + timedelta(milliseconds=1), True),
        (CREATED_AT, False),
        (CREATED_AT - timedelta(days=1), False),
    ],
)
def test_removal_spares_dwipps_after_the_end_of_the_suspension(ends_at: datetime | None, *, applies: bool) -> None:
    assert REMOVAL.applies_to(_state(), ends_at) is applies


@pytest.mark.parametrize(
    ("decision", "applies"),
    [
        (None, True),
        (Decision("dismiss", "spam", AT - timedelta(milliseconds=1)), True),
        (Decision("dismiss", "spam", AT + timedelta(milliseconds=1)), False),
        (Decision("dismiss", "spam", AT + timedelta(milliseconds=1), "earlier bulk"), True),
        (Decision("deleted"), True),
    ],
)
def test_removal_spares_dwipps_with_a_later_dismissal(decision: Decision | None, *, applies: bool) -> None:
    assert REMOVAL.applies_to(_state(decision=decision), None) is applies


@pytest.mark.parametrize("decision", [REMOVAL, RESTORATION])
def test_no_decision_applies_to_a_gone_dwipp(decision: BulkDecision) -> None:
    assert not decision.applies_to(_state(None), None)


@pytest.mark.parametrize(
    ("removed", "is_removable", "is_restorable"),
    [
        (None, True, False),
        (OWN, False, True),
        (Removal(AT, "spam"), False, False),
        (Removal(AT, "spam", "another"), False, False),
    ],
)
def test_restoration_is_for_dwipps_of_the_same_removal(
    removed: Removal | None, *, is_removable: bool, is_restorable: bool
) -> None:
    state = _state(DWIPP._replace(removed=removed))
    assert (REMOVAL.applies_to(state, None), RESTORATION.applies_to(state, None)) == (is_removable, is_restorable)
