"""The member who makes a request. Imports nothing of Dwipper."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Member:
    """The authenticated member. Writes must start before `write_deadline`, in seconds of the monotonic clock."""

    id: str
    handle: str
    joined_at: datetime
    write_deadline: float = field(compare=False)
