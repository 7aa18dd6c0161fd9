"""The member who makes a request."""

from dataclasses import dataclass, field
from datetime import datetime

from app.openapi.formats import ModerationReason


@dataclass(frozen=True, slots=True)
class Suspension:
    """A period in which a member may not write, see `app/members/suspensions.py`.

    Attributes:
        id: random text that differs between suspensions.
        at: the time of the decision.
        until: the end. None if there is no end.
        reason: the reason.
        email_hash: the hash of the member's email. Storing the suspension sets it.
        bulk_id: the id of the removal of all Dwipps that this suspension, or the one that it replaced, started. None if
            there was none.
    """

    id: str
    at: datetime
    until: datetime | None
    reason: ModerationReason
    email_hash: str | None = field(default=None, compare=False, repr=False)
    bulk_id: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """The authenticated member.

    Attributes:
        id: the `sub`.
        handle: the handle.
        joined_at: the time of the registration.
        write_deadline: the time before which writes must start, in seconds of the monotonic clock.
        suspension: the suspension, None if there is none or if it has ended.
        last_suspension: the same, but also if it has ended.
    """

    id: str
    handle: str
    joined_at: datetime
    write_deadline: float = field(compare=False)
    suspension: Suspension | None = None
    last_suspension: Suspension | None = field(default=None, compare=False)
