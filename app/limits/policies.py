"""The limits of each kind of write, and their state as header fields.

https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from app.settings import MemberLimits

Kind = Literal["dwipps", "reactions", "changes", "safety", "decisions", "suspensions"]
WindowName = Literal["hour", "day"]

_WINDOWS: Mapping[WindowName, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
# The limits of a moderator. They bound the damage by a stolen token, so no setting turns them off.
_DECISIONS_HOUR = 300
_SUSPENSIONS_HOUR = 30


class Limit(NamedTuple):
    """The maximum number of writes in a window. A window is an hour or a day of UTC."""

    window: WindowName
    quota: int

    @property
    def window_seconds(self) -> int:
        """Return the length of the window in seconds."""
        return _WINDOWS[self.window] // timedelta(seconds=1)

    def remaining_seconds(self, moment: datetime) -> int:
        """Return the seconds from a time of UTC to the end of its window, rounded up, so at least 1."""
        start = moment.replace(minute=0, second=0, microsecond=0)
        if self.window == "day":
            start = start.replace(hour=0)
        return -((moment - start - _WINDOWS[self.window]) // timedelta(seconds=1))


class Usage(NamedTuple):
    """The counted writes of a member in the current window of a limit."""

    limit: Limit
    writes: int

    @property
    def remaining(self) -> int:
        """Return the number of further writes that the limit allows."""
        return max(0, self.limit.quota - self.writes)


# The limits by kind. A kind without limits is not counted.
Policies = Mapping[Kind, Sequence[Limit]]


def make_policies(limits: MemberLimits) -> Policies:
    """Return the limits that the settings turn on."""
    quotas: Mapping[Kind, Mapping[WindowName, int]] = {
        "dwipps": {"hour": limits.dwipps_hour, "day": limits.dwipps_day},
        "reactions": {"hour": limits.reactions_hour},
        "changes": {"hour": limits.changes_hour},
        "safety": {"hour": limits.safety_hour},
        "decisions": {"hour": _DECISIONS_HOUR},
        "suspensions": {"hour": _SUSPENSIONS_HOUR},
    }
    return {
        kind: [Limit(window, quota) for window, quota in windows.items() if quota] for kind, windows in quotas.items()
    }


def format_fields(usages: Sequence[Usage], moment: datetime) -> dict[str, str]:
    """Return the header fields that tell a client its limits. Empty if there are none.

    Args:
        usages: the state of each limit.
        moment: the time of the state. The seconds until the end of each window are measured from it.
    """
    if not usages:
        return {}
    policy = (f'"{each.limit.window}";q={each.limit.quota};w={each.limit.window_seconds}' for each in usages)
    state = (f'"{each.limit.window}";r={each.remaining};t={each.limit.remaining_seconds(moment)}' for each in usages)
    return {"RateLimit-Policy": ", ".join(policy), "RateLimit": ", ".join(state)}


def retry_after_seconds(usages: Sequence[Usage], moment: datetime) -> int:
    """Return the seconds until the last of the used-up windows ends. At least one limit must be used up."""
    return max(each.limit.remaining_seconds(moment) for each in usages if not each.remaining)
