"""The suspensions that moderators decide.

One transaction writes a suspension, its log entries, and the start of a bulk decision.
"""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from app.auth.groups import MODERATORS
from app.aws.retries import WriteConflictError, condition_results, retry_on_conflict
from app.aws.timestamps import now
from app.cognito.user_pool import UserPool
from app.errors import MemberNotFoundError, ProtectedMemberError
from app.members.directory import Directory
from app.members.models import Member, Suspension
from app.members.suspensions import SuspensionRepository
from app.moderation.bulk_decisions import BulkDecision, BulkDecisions, new_bulk_id
from app.moderation.log import LogEntry, ModerationLog
from app.openapi.formats import ModerationReason

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


# The time between the two log entries of one request. The log sorts entries by their time.
_NEXT_ENTRY = timedelta(milliseconds=1)


class Sentence(NamedTuple):
    """A suspension that a moderator decides.

    Attributes:
        until: the end. None for a suspension until it is lifted.
        reason: the reason.
        note: words for the log.
        remove_dwipps: whether to remove all Dwipps of the member.
    """

    until: datetime | None
    reason: ModerationReason
    note: str | None
    remove_dwipps: bool

    def stands_in(self, suspension: Suspension | None) -> bool:
        """Return True if this suspension already has the same end and the same reason."""
        return suspension is not None and (suspension.until, suspension.reason) == (self.until, self.reason)


class Sanctions:
    """The suspensions of members."""

    def __init__(  # noqa: PLR0913, PLR0917 -- one of each store
        self,
        client: "DynamoDBClient",
        directory: Directory,
        suspensions: SuspensionRepository,
        bulk_decisions: BulkDecisions,
        log: ModerationLog,
        pool: UserPool,
    ) -> None:
        self._client = client
        self._directory = directory
        self._suspensions = suspensions
        self._bulk_decisions = bulk_decisions
        self._log = log
        self._pool = pool

    def suspend(self, moderator: Member, handle: str, sentence: Sentence) -> bool:
        """Suspend a member, or replace the suspension. Return False if nothing changes.

        A suspension removes the member's Dwipps at most once. A suspension that replaces it inherits the removal.

        Raises:
            MemberNotFoundError: if there is no such member, or if the account is being deleted.
            ProtectedMemberError: if the member is a moderator.
            UnavailableError: if other writes interfere until the deadline.
        """
        return retry_on_conflict(partial(self._suspend, moderator, handle, sentence), moderator.write_deadline)

    def lift(self, moderator: Member, handle: str, *, restore_dwipps: bool) -> bool:
        """Lift the suspension of a member. Return False if there is nothing to lift.

        This stops a running removal of all Dwipps. A suspension that has ended by itself can still be lifted, to stop
        its removal or to restore the Dwipps.

        Args:
            moderator: the moderator who decides.
            handle: the member.
            restore_dwipps: whether to restore the Dwipps that the suspension removed.

        Raises:
            MemberNotFoundError: see `suspend`.
            UnavailableError: if other writes interfere until the deadline.
        """
        attempt = partial(self._lift, moderator, handle, restore_dwipps=restore_dwipps)
        return retry_on_conflict(attempt, moderator.write_deadline)

    def _suspend(self, moderator: Member, handle: str, sentence: Sentence) -> bool:
        member = self._directory.find(handle)
        email = self._get_email(member)
        if self._pool.is_in_group(member.id, MODERATORS):
            raise ProtectedMemberError
        standing = member.suspension
        is_standing = sentence.stands_in(standing)
        starts_removal = sentence.remove_dwipps and not (standing and standing.bulk_id)
        if is_standing and not starts_removal:
            return False
        suspension = self._make_suspension(member, sentence, starts_removal=starts_removal)
        requests = self._suspensions.suspend_requests(member, email, suspension)
        if not is_standing:
            entry = LogEntry(
                *(suspension.at, moderator.handle, "suspend", handle),
                until=sentence.until,
                reason=sentence.reason,
                note=sentence.note,
            )
            requests.append(self._log.put_request(entry))
        if starts_removal and suspension.bulk_id:
            removal = BulkDecision(handle, "remove", suspension.bulk_id, sentence.reason, now())
            # A standing suspension has no log entry of its own here, so this one has the note.
            requests += self._start_requests(moderator, member, removal, sentence.note if is_standing else None)
        elif member.last_suspension and member.last_suspension.bulk_id != suspension.bulk_id:
            requests.append(self._bulk_decisions.stop_request(member.id))
        self._write(requests)
        if starts_removal:
            self._bulk_decisions.enqueue(member.id)
        return True

    def _make_suspension(self, member: Member, sentence: Sentence, *, starts_removal: bool) -> Suspension:
        """Return the new suspension. It keeps the time of an equal one, and the removal of the one that it replaces."""
        standing = member.suspension
        at = standing.at if standing and sentence.stands_in(standing) else now()
        inherited = standing.bulk_id if standing else None
        bulk_id = self._choose_bulk_id(member) if starts_removal else inherited
        return Suspension(uuid.uuid4().hex, at, sentence.until, sentence.reason, bulk_id=bulk_id)

    def _lift(self, moderator: Member, handle: str, *, restore_dwipps: bool) -> bool:
        member, at = self._directory.find(handle), now()
        suspension = member.suspension
        if suspension is None and member.last_suspension and member.last_suspension.bulk_id:
            suspension = member.last_suspension  # The removal of an ended suspension can still be stopped and undone.
        if suspension is None:
            return False
        requests = self._suspensions.lift_requests(member.id, suspension)
        requests.append(self._log.put_request(LogEntry(at, moderator.handle, "lift", handle)))
        starts_restoration = restore_dwipps and suspension.bulk_id is not None
        if suspension.bulk_id and starts_restoration:
            restoration = BulkDecision(handle, "dismiss", suspension.bulk_id, suspension.reason, at)
            requests += self._start_requests(moderator, member, restoration)
        elif suspension.bulk_id:
            requests.append(self._bulk_decisions.stop_request(member.id))
        self._write(requests)
        if starts_restoration:
            self._bulk_decisions.enqueue(member.id)
        return True

    def _choose_bulk_id(self, member: Member) -> str:
        """Return the id of a new removal.

        A removal that replaces a restoration has the same id. So the next restoration includes the Dwipps that the
        replaced one left.
        """
        running = self._bulk_decisions.get(member.id)
        return running.bulk_id if running and running.action == "dismiss" else new_bulk_id()

    def _start_requests(
        self, moderator: Member, member: Member, decision: BulkDecision, note: str | None = None
    ) -> list[Any]:
        """Return the requests that start a bulk decision, and its log entry."""
        at = decision.at + _NEXT_ENTRY
        entry = LogEntry(at, moderator.handle, decision.action, member.handle, reason=decision.reason, note=note)
        return [self._bulk_decisions.start_request(member.id, decision), self._log.put_request(entry)]

    def _get_email(self, member: Member) -> str:
        user = self._pool.get_user(member.id)
        if user is None:
            raise MemberNotFoundError
        return user.email

    def _write(self, requests: list[Any]) -> None:
        """Write a sanction and its log entries.

        Raises:
            WriteConflictError: if the account was deleted since it was read, or if its suspension changed.
        """
        try:
            self._client.transact_write_items(TransactItems=requests)
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            raise WriteConflictError from error
