"""Changes of reactions. A reaction to a Dwipp that was removed, or that the member may not see, can only be cleared."""

from functools import partial

from app.aws.concurrency import run_concurrently
from app.dwipps.feed import to_view
from app.dwipps.ids import is_id
from app.dwipps.models import Dwipp
from app.dwipps.reactions import Change, ReactionRepository
from app.dwipps.repository import DwippRepository
from app.dwipps.schemas import DwippView
from app.errors import DwippNotFoundError, RemovedError
from app.members.audience import Audience, Audiences
from app.members.models import Member


class ReactionWriter:
    """The writer of upvotes and favorites."""

    def __init__(self, dwipps: DwippRepository, reactions: ReactionRepository, audiences: Audiences) -> None:
        self._dwipps = dwipps
        self._reactions = reactions
        self._audiences = audiences

    def change_upvote(self, member: Member, dwipp_id: str, change: Change) -> tuple[DwippView, bool]:
        """Change the member's upvote.

        Return the Dwipp with its count after the change, and whether the upvote changed.

        Raises:
            DwippNotFoundError: if there is no such Dwipp, if the member may not see it, or if the id is malformed. Its
                `has_changed` tells whether a reaction changed.
            RemovedError: if the member's own Dwipp was removed, except for CLEAR.
            UnavailableError: if other writes interfere until the deadline, or if the outcome of a toggle is unknown.
        """
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        # The author never changes, so an eventually consistent read suffices, and costs half. It may miss a new Dwipp,
        # a removal, or a restoration. The write itself fails after a removal.
        stored, audience = run_concurrently(
            partial(self._dwipps.get_many, [dwipp_id]), partial(self._audiences.get, member.id)
        )
        dwipp = stored.get(dwipp_id)
        if change is not Change.CLEAR:
            if dwipp is None or dwipp.removed:
                dwipp = self._dwipps.get(dwipp_id)
            _check_visible(dwipp, member, audience, change)
        has_changed = False
        try:
            reaction, has_changed = self._reactions.change_upvote(member, dwipp_id, change)
            dwipp = self._dwipps.get(dwipp_id)  # Read after the write, for the current count.
        except DwippNotFoundError as error:
            was_cleared = self._clean_up_after_deletion(member, dwipp_id, change)
            raise DwippNotFoundError(has_changed=has_changed or was_cleared) from error
        except RemovedError as error:
            if dwipp and dwipp.author_handle == member.handle:
                raise
            raise DwippNotFoundError from error
        _check_visible(dwipp, member, audience, change, has_changed=has_changed)
        return to_view(dwipp, reaction), has_changed

    def change_favorite(self, member: Member, dwipp_id: str, change: Change) -> tuple[DwippView, bool]:
        """Change the member's favorite. Return the Dwipp, and whether the favorite changed.

        Raises:
            DwippNotFoundError: see `change_upvote`.
            RemovedError: see `change_upvote`.
            UnavailableError: see `change_upvote`.
        """
        if not is_id(dwipp_id):
            raise DwippNotFoundError
        try:
            # Read before the write, because a favorite needs an existing Dwipp.
            dwipp, audience = run_concurrently(
                partial(self._dwipps.get, dwipp_id), partial(self._audiences.get, member.id)
            )
        except DwippNotFoundError as error:
            was_cleared = self._clean_up_after_deletion(member, dwipp_id, change)
            raise DwippNotFoundError(has_changed=was_cleared) from error
        if change is not Change.CLEAR:
            _check_visible(dwipp, member, audience, change)
        reaction, has_changed = self._reactions.change_favorite(member, dwipp_id, change)
        _check_visible(dwipp, member, audience, change, has_changed=has_changed)
        return to_view(dwipp, reaction), has_changed

    def _clean_up_after_deletion(self, member: Member, dwipp_id: str, change: Change) -> bool:
        """Delete the row of a reaction that is cleared after its Dwipp was deleted. Return True if there was a row."""
        return change is Change.CLEAR and self._reactions.clear(member, dwipp_id)


def _check_visible(
    dwipp: Dwipp, member: Member, audience: Audience, change: Change, *, has_changed: bool = False
) -> None:
    """Raise an error if the response must not show the Dwipp.

    The author sees a Dwipp that was removed after the change. Clearing a reaction to a removed Dwipp is 404 for
    everybody.

    Raises:
        DwippNotFoundError: the same as for a Dwipp that does not exist.
        RemovedError: if the member's own Dwipp was removed, and nothing has changed.
    """
    if dwipp.is_visible_to(audience):
        return
    is_own = dwipp.author_handle == member.handle
    if not is_own or change is Change.CLEAR:
        raise DwippNotFoundError(has_changed=has_changed)
    if not has_changed:
        raise RemovedError
