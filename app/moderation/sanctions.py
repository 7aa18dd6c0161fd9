"""The suspensions that moderators decide. One transaction writes a suspension and its log entry."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.auth.groups import MODERATORS
from app.aws.retries import WriteConflictError, condition_results, retry_on_conflict
from app.aws.timestamps import now
from app.cases.repository import CaseRepository
from app.cognito.user_pool import UserPool
from app.dwipps.repository import DwippRepository
from app.errors import MemberNotFoundError, ProtectedMemberError
from app.members.directory import Directory
from app.members.models import Member, Suspension
from app.members.suspensions import SuspensionRepository
from app.moderation.log import LogEntry, ModerationLog
from app.openapi.formats import ModerationReason

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Record:
    """What moderators see of a member: the profile, the suspension, and numbers of removed Dwipps and open cases."""

    member: Member
    removed: int
    open_cases: int


class Sanctions:
    """The suspensions of members."""

    def __init__(  # noqa: PLR0913, PLR0917 -- one of each store
        self,
        client: "DynamoDBClient",
        directory: Directory,
        suspensions: SuspensionRepository,
        dwipps: DwippRepository,
        cases: CaseRepository,
        log: ModerationLog,
        pool: UserPool,
    ) -> None:
        self._client = client
        self._directory = directory
        self._suspensions = suspensions
        self._dwipps = dwipps
        self._cases = cases
        self._log = log
        self._pool = pool

    def get_record(self, handle: str) -> Record:
        """Return the record of a member. The numbers cost reads of all Dwipps of the member, and of all open cases.

        Raises:
            MemberNotFoundError: if there is no such member, or if the account is being deleted.
        """
        member = self._directory.find(handle)
        return Record(member, self._dwipps.count_removed(handle), self._cases.count_open(handle))

    def suspend(
        self, moderator: Member, handle: str, until: datetime | None, reason: ModerationReason, note: str | None
    ) -> bool:
        """Suspend a member, or replace the suspension. Return False if the same suspension is in force.

        Args:
            moderator: who decides.
            handle: the member.
            until: the end. None for a suspension until it is lifted.
            reason: the reason.
            note: words for the log.

        Raises:
            MemberNotFoundError: see `get_record`.
            ProtectedMemberError: if the member is a moderator.
            UnavailableError: if other writes interfere until the deadline.
        """

        def attempt() -> bool:
            member = self._directory.find(handle)
            email = self._get_email(member)
            if self._pool.is_in_group(member.id, MODERATORS):
                raise ProtectedMemberError
            standing = member.suspension
            if standing and (standing.until, standing.reason) == (until, reason):
                return False
            suspension = Suspension(uuid.uuid4().hex, now(), until, reason)
            entry = LogEntry(suspension.at, moderator.handle, "suspend", handle, until=until, reason=reason, note=note)
            self._write(self._suspensions.suspend_requests(member, email, suspension), entry)
            return True

        return retry_on_conflict(attempt, moderator.write_deadline)

    def lift(self, moderator: Member, handle: str) -> bool:
        """Lift the suspension of a member. Return False if the member is not suspended.

        Raises:
            MemberNotFoundError: see `get_record`.
            UnavailableError: if other writes interfere until the deadline.
        """

        def attempt() -> bool:
            member = self._directory.find(handle)
            if member.suspension is None:
                return False
            entry = LogEntry(now(), moderator.handle, "lift", handle)
            self._write(self._suspensions.lift_requests(member, self._get_email(member)), entry)
            return True

        return retry_on_conflict(attempt, moderator.write_deadline)

    def _get_email(self, member: Member) -> str:
        user = self._pool.get_user(member.id)
        if user is None:
            raise MemberNotFoundError
        return user.email

    def _write(self, requests: list[Any], entry: LogEntry) -> None:
        """Write a sanction and its log entry.

        Raises:
            WriteConflictError: if the account was deleted since it was read, or if its suspension changed.
        """
        try:
            self._client.transact_write_items(TransactItems=[*requests, self._log.put_request(entry)])
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            raise WriteConflictError from error
