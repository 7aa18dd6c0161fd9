"""The workload of a site: the requests of its members in a month. All figures are assumed, not measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

LOG_IN = "log in or refresh"
PAGES = ("page of the feed", "page of one author", "page of favorites")
WRITES = ("create", "create with a key")
REACTIONS = ("upvote", "favorite")

# The monthly requests of an active member, with 24 visits: two on every second or third day.
#   - At each visit, the access token has expired after its 15 minutes: 24 refreshes, and one login.
#   - Each visit reads 4 pages of the feed with 20 Dwipps each: 1,920 Dwipps seen.
#   - A few visits read a single Dwipp, an author's page or the member's favorites.
# One in a hundred of the seen Dwipps is upvoted, and one in a thousand becomes a favorite. Reactions that are taken
# back are not counted. Of a hundred members, 90 never write, 9 write 4 Dwipps a month, and 1 writes 60. That is one
# Dwipp for each member (the 90-9-1 rule: https://www.nngroup.com/articles/participation-inequality/). Half of the
# Dwipps come from clients that send an Idempotency-Key. One in twenty is edited, and one in twenty is deleted.
_CALLS_PER_MEMBER: Mapping[str, float] = MappingProxyType(
    {
        "page of the feed": 96,
        "page of one author": 6,
        "page of favorites": 2,
        "one Dwipp": 10,
        "upvote": 20,
        "favorite": 2,
        "create": 0.5,
        "create with a key": 0.5,
        "edit": 0.05,
        "delete": 0.05,
        LOG_IN: 25,
    }
)

# Bytes of a response: about 500 of JSON for a Dwipp of 280 characters, two tokens of Cognito, and 600 of headers.
_DWIPP, _PAGE, _TOKENS, _HEADERS = 500, 20 * 500, 3_000, 600
RESPONSE_BYTES: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(_CALLS_PER_MEMBER, _DWIPP + _HEADERS)
    | dict.fromkeys(PAGES, _PAGE + _HEADERS)
    | {"delete": _HEADERS, LOG_IN: _TOKENS + _HEADERS}
)


@dataclass(frozen=True, slots=True)
class Workload:
    """The requests of a site in a month.

    Every Dwipp has 280 characters, the maximum, as in the measurement of capacity. Shorter Dwipps would cost less in
    both designs.

    Attributes:
        active_share: the share of all registered members that is active in a month. A higher share would be rare.
        calls_per_member: the monthly calls of an active member, by operation.
        age_months: the age of the site, which always had the same size.
    """

    active_share: float = 0.4
    calls_per_member: Mapping[str, float] = field(default_factory=lambda: _CALLS_PER_MEMBER)
    age_months: int = 12

    def count_active_members(self, members: float) -> float:
        """Return the number of members that are active in a month, by which Cognito bills."""
        return members * self.active_share

    def count_monthly_requests(self, members: float) -> Mapping[str, float]:
        """Return the calls of all members in a month, by operation."""
        return {name: calls * self.count_active_members(members) for name, calls in self.calls_per_member.items()}

    def count_monthly_dwipps(self, members: float) -> float:
        """Return the number of Dwipps created in a month. Deletions are few, and are not subtracted."""
        return self.count_active_members(members) * sum(self.calls_per_member[name] for name in WRITES)

    def count_dwipps(self, members: float) -> float:
        """Return the number of Dwipps on the site."""
        return self.count_monthly_dwipps(members) * self.age_months

    def estimate_members(self, dwipps: float) -> float:
        """Return the number of members of a site with this number of Dwipps."""
        return dwipps / self.count_dwipps(1)

    @property
    def reactions_per_dwipp(self) -> float:
        """Return the average number of upvotes and favorites for each Dwipp."""
        calls = self.calls_per_member
        return sum(calls[name] for name in REACTIONS) / sum(calls[name] for name in WRITES)
