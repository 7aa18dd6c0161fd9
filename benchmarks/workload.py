"""What members do in a month, as assumed: a stated mix, measured nowhere; knows no design and no price."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

LOG_IN = "log in or refresh"
PAGES = ("page of the feed", "page of one author", "page of favorites")
WRITES = ("create", "create with a key")
REACTIONS = ("upvote", "favorite")

# What an active member asks for. They come 24 times a month, twice on every second or third day:
#   each time the access token has run out (15 minutes), so 24 refreshes, and one login;
#   4 pages of the feed, 20 Dwipps each, which makes 1,920 Dwipps seen;
#   now and then one Dwipp, somebody's page or their own favorites.
# One in a hundred of what they see they upvote, and one in a thousand is a favorite; what is taken back is not counted.
# Of a hundred members 90 never write, 9 write 4 a month and 1 writes 60, which makes one each (the 90-9-1 rule:
# https://www.nngroup.com/articles/participation-inequality/), half of them by clients that send an Idempotency-Key;
# one in twenty is edited, and one in twenty deleted.
_CALLS: Mapping[str, float] = MappingProxyType(
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

# Bytes of an answer: some 500 of JSON a Dwipp of 280 characters, two tokens of Cognito's, and 600 of headers each.
_DWIPP, _PAGE, _TOKENS, _HEADERS = 500, 20 * 500, 3_000, 600
ANSWER_BYTES: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(_CALLS, _DWIPP + _HEADERS)
    | dict.fromkeys(PAGES, _PAGE + _HEADERS)
    | {"delete": _HEADERS, LOG_IN: _TOKENS + _HEADERS}
)


@dataclass(frozen=True, slots=True)
class Mix:
    """What the members of a site do in a month, its site being a year old and of that size all along.

    Dwipps have 280 characters, the longest there is, as where capacity is measured: dear for both designs.
    """

    active: float = 0.4  # Of all who ever registered; more would be rare.
    calls: Mapping[str, float] = field(default_factory=lambda: _CALLS)
    months: int = 12

    def active_members(self, members: float) -> float:
        """How many come at all in a month, which Cognito counts."""
        return members * self.active

    def requests(self, members: float) -> Mapping[str, float]:
        """How often all of them ask for each operation in a month."""
        return {name: times * self.active_members(members) for name, times in self.calls.items()}

    def written(self, members: float) -> float:
        """How many Dwipps come in a month; the few that are deleted count as if they stayed."""
        return self.active_members(members) * sum(self.calls[name] for name in WRITES)

    def dwipps(self, members: float) -> float:
        """How many Dwipps there are."""
        return self.written(members) * self.months

    def members(self, dwipps: float) -> float:
        """How many members a site of so many Dwipps has."""
        return dwipps / self.dwipps(1)

    @property
    def reactions_per_dwipp(self) -> float:
        """Upvotes and favorites that a Dwipp gets, on average."""
        return sum(self.calls[name] for name in REACTIONS) / sum(self.calls[name] for name in WRITES)
