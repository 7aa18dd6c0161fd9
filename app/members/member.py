"""The member who makes a request, as all that writes for them knows them; imports only what bounds writes."""

from dataclasses import dataclass, field
from datetime import datetime

from app.contention import deadline


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with an account, and until when they may write: a deletion of the account waits no longer."""

    id: str
    handle: str
    joined_at: datetime
    write_by: float = field(default_factory=deadline, compare=False)
