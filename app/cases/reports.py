"""The repository of reports: one for each pair of a member and a Dwipp.

Rows of the safety table:

    pk = reports#<id of the reporter>  at, handle, reason, comment, text (of the Dwipp when it was reported),
    sk = <dwipp_id>                    listed_at (of the case), expires_at

The keys of the index `reports_of_dwipp` are `sk` and `at`. No other row of the table has an `at`.

One transaction writes a report and its case, so the case has the number of its reports. The transaction also checks
that the Dwipp exists, so the deletion of a Dwipp finds every case that it has to close.
"""

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize, query, serialize
from app.aws.retries import WriteConflictError, condition_results, retry_on_conflict
from app.aws.timestamps import now, to_text
from app.cases.models import Case, CaseReport, Report, ReportedDwipp
from app.cases.repository import OPEN_TTL, CaseRepository, is_closed_by_withdrawal
from app.errors import DwippNotFoundError
from app.members.models import Member
from app.openapi.formats import ModerationReason

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_NOT_EXPIRED = "expires_at > :now"


class ReportRepository:
    """The repository of reports. It also updates the cases."""

    def __init__(self, client: "DynamoDBClient", table: str, cases: CaseRepository) -> None:
        self._client = client
        self._table = table
        self._cases = cases

    def put(self, reporter: Member, dwipp: ReportedDwipp, reason: ModerationReason, comment: str | None) -> bool:
        """Write the member's report, in place of an earlier one. Return False if it is the same as the earlier one.

        A report of another text is another report.

        Raises:
            DwippNotFoundError: if the Dwipp was deleted or removed since it was read.
            UnavailableError: if other writes interfere until the deadline.
        """
        return retry_on_conflict(partial(self._put, reporter, dwipp, reason, comment), reporter.write_deadline)

    def withdraw(self, reporter: Member, dwipp_id: str) -> bool:
        """Delete the member's report. Return False if there is none.

        Raises:
            UnavailableError: if other writes interfere until the deadline.
        """
        return retry_on_conflict(partial(self._withdraw, reporter, dwipp_id), reporter.write_deadline)

    def list_latest(self, dwipp_id: str, limit: int) -> list[Report]:
        """Return the latest reports of a Dwipp, newest first."""
        items = query(
            self._client,
            limit,
            TableName=self._table,
            IndexName="reports_of_dwipp",
            KeyConditionExpression="sk = :dwipp_id",
            FilterExpression=_NOT_EXPIRED,
            ExpressionAttributeValues=serialize({":dwipp_id": dwipp_id, ":now": int(time.time())}),
            ScanIndexForward=False,
        )
        return [Report.from_item(item) for item in items]

    def list_by_reporter(self, member_id: str, limit: int, after: str) -> list[Report]:
        """Return a member's reports of Dwipps with ids above `after`, in order of these ids. The read is consistent."""
        items = query(
            self._client,
            limit,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk > :after",
            FilterExpression=_NOT_EXPIRED,
            ExpressionAttributeValues=serialize({":pk": _pk(member_id), ":after": after, ":now": int(time.time())}),
            ConsistentRead=True,
        )
        return [Report.from_item(item) for item in items]

    def _put(self, reporter: Member, dwipp: ReportedDwipp, reason: ModerationReason, comment: str | None) -> bool:
        # An eventually consistent read of the case costs half. If it is outdated, the transaction fails.
        earlier, case = self._read(reporter.id, dwipp.id, consistent_case=False)
        if earlier and (earlier.reason, earlier.comment, earlier.text) == (reason, comment, dwipp.text):
            return False
        moment = now()
        listed_at = case.listed_at if case and case.first_reported_at else moment
        replaced = earlier if earlier and case and earlier.listed_at == case.listed_at else None
        item = {
            **_key(reporter.id, dwipp.id),
            "at": to_text(moment),
            "listed_at": to_text(listed_at),
            "handle": reporter.handle,
            "reason": reason,
            "comment": comment,
            "text": dwipp.text,
            "expires_at": int((moment + OPEN_TTL).timestamp()),
        }
        put = {"TableName": self._table, "Item": serialize(item), **_unchanged(earlier)}
        report = CaseReport(dwipp, moment, listed_at, reason, replaced.reason if replaced else None)
        self._write([{"ConditionCheck": dwipp.check}, {"Put": put}, *self._cases.report_requests(case, report)])
        return True

    def _withdraw(self, reporter: Member, dwipp_id: str) -> bool:
        report, case = self._read(reporter.id, dwipp_id, consistent_case=True)
        if report is None:
            return False
        if case and case.listed_at != report.listed_at:
            case = None  # The case of the report has expired, and another one has begun.
        delete = {"TableName": self._table, "Key": serialize(_key(reporter.id, dwipp_id)), **_unchanged(report)}
        closed = case if case and is_closed_by_withdrawal(case) else None
        if closed:
            self._cases.list_as_closed(closed)
        self._write([{"Delete": delete}, *([self._cases.withdrawal_request(case, report.reason)] if case else ())])
        if closed:
            self._cases.unlist_as_open(closed)
        return True

    def _read(self, member_id: str, dwipp_id: str, *, consistent_case: bool) -> tuple[Report | None, Case | None]:
        """Return the member's report of a Dwipp, and the case. None for what does not exist.

        The report is read first. So an existing report has its case in a consistent read.
        """
        response = self._client.get_item(
            TableName=self._table, Key=serialize(_key(member_id, dwipp_id)), ConsistentRead=True
        )
        item = response.get("Item")
        has_expired = item is not None and deserialize(item)["expires_at"] <= time.time()
        report = Report.from_item(item) if item and not has_expired else None
        return report, self._cases.get(dwipp_id, consistent=consistent_case)

    def _write(self, requests: Sequence[Any]) -> None:
        """Write a report and its case in one transaction.

        Raises:
            WriteConflictError: if one of them changed since it was read.
            DwippNotFoundError: see `put`.
        """
        try:
            self._client.transact_write_items(TransactItems=requests)
        except self._client.exceptions.TransactionCanceledException as error:
            held = condition_results(error)
            if "ConditionCheck" in requests[0] and not held[0]:
                raise DwippNotFoundError from error
            raise WriteConflictError from error


def _pk(member_id: str) -> str:
    return f"reports#{member_id}"


def _key(member_id: str, dwipp_id: str) -> dict[str, str]:
    return {"pk": _pk(member_id), "sk": dwipp_id}


def _unchanged(report: Report | None) -> dict[str, Any]:
    """Return the condition that a report has not changed since it was read."""
    if report is None:
        return {
            "ConditionExpression": "attribute_not_exists(pk) OR expires_at <= :now",
            "ExpressionAttributeValues": serialize({":now": int(time.time())}),
        }
    return {
        "ConditionExpression": "#at = :seen_at",
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": serialize({":seen_at": to_text(report.at)}),
    }
