"""The member who makes a request, as all that writes for them knows them; imports nothing of Dwipper."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with an account, and until when they may write: a deletion of the account waits no longer."""

    id: str
    handle: str
    joined_at: datetime
    write_by: float = field(compare=False)
