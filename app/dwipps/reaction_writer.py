"""Changes of reactions, to Dwipps that the member may see. A reaction to a hidden Dwipp can only be cleared."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from app.aws.concurrency import run_concurrently
from app.dwipps.feed import to_view
from app.dwipps.ids import is_id
from app.dwipps.reactions import Change, ReactionRepository
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import DwippView
from app.errors import DwippNotFoundError
from app.limits.limiter import CountedWrite
from app.members.audience import Audiences
from app.members.models import Member


class ReactionWriter:
    """The writer of upvotes and favorites."""

    def __init__(self, dwipps: DwippRepository, reactions: ReactionRepository, audiences: Audiences) -> None:
        self._dwipps = dwipps
        self._reactions = reactions
        self._audiences = audiences

    def change_upvote(self, member: Member, dwipp_id: str, change: Change, write: CountedWrite) -> DwippView:
        """Change the member's upvote. Return the Dwipp with its count after the change.

        Args:
            member: the member.
            dwipp_id: the Dwipp.
            change: the change.
            write: learns whether the change changed something.

        Raises:
            DwippNotFoundError: if there is no such Dwipp, if the member may not see it, or if the id is malformed.
            UnavailableError: if other writes interfere until the deadline, or if the outcome of a toggle is unknown.
        """
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        # The read need not be consistent, and costs half. The author never changes, and the write checks that the Dwipp
        # exists.
        stored, audience = run_concurrently(
            partial(self._dwipps.get_many, [dwipp_id]), partial(self._audiences.get, member.id)
        )
        if change is not Change.CLEAR and dwipp_id in stored:
            audience.check(stored[dwipp_id])
        with self._clean_up_after_deletion(member, dwipp_id, change, write):
            reaction, write.has_changed = self._reactions.change_upvote(member, dwipp_id, change)
            dwipp = self._dwipps.get(dwipp_id)  # Read after the write, for the current count.
        audience.check(dwipp)
        return to_view(dwipp, reaction)

    def change_favorite(self, member: Member, dwipp_id: str, change: Change, write: CountedWrite) -> DwippView:
        """Change the member's favorite. Return the Dwipp. See `change_upvote` for the arguments and the errors."""
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        with self._clean_up_after_deletion(member, dwipp_id, change, write):
            # Read before the write, because a favorite needs an existing Dwipp.
            dwipp, audience = run_concurrently(
                partial(self._dwipps.get, dwipp_id), partial(self._audiences.get, member.id)
            )
        if change is not Change.CLEAR:
            audience.check(dwipp)
        reaction, write.has_changed = self._reactions.change_favorite(member, dwipp_id, change)
        audience.check(dwipp)
        return to_view(dwipp, reaction)

    @contextmanager
    def _clean_up_after_deletion(
        self, member: Member, dwipp_id: str, change: Change, write: CountedWrite
    ) -> Iterator[None]:
        """Delete the row of a reaction that a member clears after the Dwipp was deleted. The error is still raised."""
        try:
            yield
        except DwippNotFoundError:
            if change is Change.CLEAR:
                has_removed = self._reactions.clear(member, dwipp_id)
                write.has_changed = write.has_changed or has_removed
            raise
