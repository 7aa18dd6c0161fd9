"""Personal data: the protocol of every store that holds data of members, so that all of it is exported and erased."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from app.members.models import Member


class ExportPart(NamedTuple):
    """A part of a member's export.

    Attributes:
        sections: the items by section. Each section is a field of the export's schema.
        next_position: where the next part of this store begins. None after the last part.
    """

    sections: Mapping[str, Sequence[Any]]
    next_position: str | None


class PersonalData(Protocol):
    """A store of members' data. `app/bootstrap/personal.py` registers all of them.

    `name` identifies the store in the cursor of an export. `sections` are its sections of the export. `key_prefixes`
    are those of its rows in the members table and in the safety table: `idempotency` for `pk = idempotency#…`.
    """

    @property
    def name(self) -> str:
        """Return the name of the store."""

    @property
    def sections(self) -> frozenset[str]:
        """Return the sections of the export that the store fills."""

    @property
    def key_prefixes(self) -> frozenset[str]:
        """Return the prefixes of the store's keys in the members table and in the safety table."""

    @property
    def first_position(self) -> str:
        """Return the position at which an export of the store begins."""

    def export(self, member: Member, limit: int, position: str) -> ExportPart:
        """Return items of the member from a position on, from at most `limit` rows.

        Raises:
            InvalidCursorError: if the position belongs to another store.
        """

    def erase(self, member: Member, limit: int) -> Sequence[Callable[[], None]]:
        """Return calls that erase at most `limit` rows of the member, none if nothing is left.

        The erasure runs the calls concurrently, and calls this method again until it returns none.
        """


@dataclass(frozen=True, slots=True)
class ExemptRows:
    """Rows of the members table or the safety table that need no export and no erasure of their own.

    Attributes:
        name: what the rows are.
        key_prefixes: the prefixes of their keys.
        reason: why they are exempt.
    """

    name: str
    key_prefixes: frozenset[str]
    reason: str
    sections: frozenset[str] = field(default=frozenset(), init=False)
    first_position: str = field(default="", init=False)

    def export(self, member: Member, limit: int, position: str) -> ExportPart:  # noqa: ARG002 -- the protocol's
        """Return an empty part."""
        return ExportPart({}, None)

    def erase(self, member: Member, limit: int) -> Sequence[Callable[[], None]]:  # noqa: ARG002 -- the protocol's
        """Return no calls."""
        return ()
