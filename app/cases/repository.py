"""The repository of cases: one case for each reported or decided Dwipp.

Rows of the safety table:

    pk = case#<dwipp_id>  dwipp_id, author, listed_at, reports (a number), count_<reason> (numbers),
    sk = case             first_reported_at, last_reported_at, text, opening (a random token of an open case),
                          decision (a map), expires_at
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from app.aws.items import batch_get, serialize
from app.aws.retries import WriteConflictError, retry_on_conflict
from app.aws.timestamps import now, to_milliseconds, to_text
from app.cases.entries import CaseEntries
from app.cases.models import COUNT, Case, CaseReport, Decision

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# A closed case, with the reported text, stays for this time.
_CLOSED_TTL = timedelta(days=90)
# A case that nobody closes stays for this time after it was opened.
OPEN_TTL = timedelta(days=2 * 365)
# The calls of `close_deleted` after its read: one for each entry, and one for the case.
_CLOSING_CALLS = 3


class CaseRepository:
    """The repository of cases. It returns requests for the transactions of reports and decisions."""

    def __init__(self, client: "DynamoDBClient", table: str, entries: CaseEntries) -> None:
        self._client = client
        self._table = table
        self._entries = entries

    def get(self, dwipp_id: str, *, consistent: bool = True) -> Case | None:
        """Return a case. None if there is none, or if it has expired."""
        response = self._client.get_item(TableName=self._table, Key=_key(dwipp_id), ConsistentRead=consistent)
        return Case.from_item(response["Item"]) if "Item" in response else None

    def get_listed(self, entries: Sequence[str]) -> list[Case]:
        """Return the cases of entries in their order, eventually consistent. An entry without a matching row has none.

        Args:
            entries: sort keys, as `CaseEntries` returns them.
        """
        # Two entries may name the same case. DynamoDB refuses a repeated key.
        dwipp_ids = dict.fromkeys(entry.rpartition("#")[2] for entry in entries)
        items = batch_get(self._client, self._table, [_key(dwipp_id) for dwipp_id in dwipp_ids])
        found = {case.entry_key: case for case in map(Case.from_item, items) if case}
        return [found[entry] for entry in entries if entry in found]

    def report_requests(self, case: Case | None, report: CaseReport) -> list[Any]:
        """Return the requests by which a new or changed report updates its case, and opens it if it is closed.

        Args:
            case: the case as it was read. The transaction fails if it was opened, closed or decided since.
            report: the report.
        """
        dwipp = report.dwipp
        opening = case.opening if case and case.opening else uuid.uuid4().hex
        values: dict[str, Any] = {
            "listed_at": to_text(report.listed_at),
            "first_reported_at": to_text(report.listed_at),
            "last_reported_at": to_text(report.at),
            "text": dwipp.text,
            "opening": opening,
        }
        requests: list[Any] = []
        if case is None or case.opening is None:
            expires_at = _expires_at(OPEN_TTL)
            values["expires_at"] = expires_at
            opened = Case(dwipp.id, dwipp.author, report.listed_at, opening=opening)
            requests.append({"Put": self._entries.open_request(opened, expires_at)})
        changes = _count_changes(report.reason, report.replaced_reason)
        requests.append(
            {"Update": self._update_request(case, values, changes)}
            if case
            else {"Put": self._put_request({"dwipp_id": dwipp.id, "author": dwipp.author} | values | changes)}
        )
        return requests

    def withdrawal_request(self, case: Case, reason: str) -> Any:
        """Return the request by which the withdrawal of a report updates its case. The last withdrawal closes it.

        Args:
            case: the case as it was read. The transaction fails if its number of reports changed since.
            reason: the reason of the report.
        """
        closes = is_closed_by_withdrawal(case)
        values = {"expires_at": _expires_at(_CLOSED_TTL)} if closes else {}
        update = self._update_request(case, values, {"reports": -1, COUNT + reason: -1}, closes=closes)
        update["ConditionExpression"] += " AND reports = :seen_reports"
        update["ExpressionAttributeValues"] |= serialize({":seen_reports": case.reports})
        return {"Update": update}

    def decision_request(self, case: Case, decision: Decision, *, is_new: bool) -> Any:
        """Return the request by which a decision closes its case.

        Args:
            case: the case as it was read. The transaction fails if it was opened, closed or decided since.
            decision: the decision.
            is_new: whether the case has no row yet. The transaction fails if it has one.
        """
        values = {"decision": decision.to_map(), "expires_at": _expires_at(_CLOSED_TTL)}
        if is_new:
            row = {"dwipp_id": case.dwipp_id, "author": case.author, "listed_at": to_text(case.listed_at)}
            return {"Put": self._put_request(row | values)}
        return {"Update": self._update_request(case, values, {}, closes=True)}

    def list_as_closed(self, case: Case) -> None:
        """Add a case to the list of closed cases, before it is closed."""
        self._entries.add_closed(case, _expires_at(_CLOSED_TTL))

    def unlist_as_open(self, case: Case) -> None:
        """Remove a case from the list of open cases, after it was closed.

        Args:
            case: the case as it was read before.
        """
        if case.opening:
            self._entries.delete_open(case)

    def close_deleted(self, dwipp_id: str, write_deadline: float) -> bool:
        """Close the open case of a Dwipp that was deleted. Return False if there is none. Repeatable.

        Raises:
            UnavailableError: if other writes interfere until the deadline.
        """
        return retry_on_conflict(partial(self._close_deleted, dwipp_id), write_deadline)

    def imitate_closing(self, dwipp_id: str) -> None:
        """Make as many calls as the closing of a case. See `DwippDeletion.delete` for the reason."""
        for _ in range(_CLOSING_CALLS):
            self.get(dwipp_id, consistent=False)

    def close_entry(self, entry: str, write_deadline: float) -> None:
        """Close the case of an open entry whose Dwipp was deleted, and delete the entry. Repeatable.

        Raises:
            UnavailableError: if other writes interfere until the deadline.
        """
        self.close_deleted(entry.rpartition("#")[2], write_deadline)
        self._entries.delete(entry)

    def _close_deleted(self, dwipp_id: str) -> bool:
        case = self.get(dwipp_id)
        if case is None or case.opening is None:
            return False
        self.list_as_closed(case)
        decision, errors = Decision("deleted", decided_at=to_milliseconds(now())), self._client.exceptions
        try:
            self._client.update_item(**self.decision_request(case, decision, is_new=False)["Update"])
        except (errors.ConditionalCheckFailedException, errors.TransactionConflictException) as error:
            raise WriteConflictError from error
        self.unlist_as_open(case)
        return True

    def _put_request(self, values: Mapping[str, Any]) -> Any:
        return {
            "TableName": self._table,
            "Item": _key(values["dwipp_id"]) | serialize(values),
            "ConditionExpression": "attribute_not_exists(pk) OR expires_at <= :now",
            "ExpressionAttributeValues": serialize({":now": int(time.time())}),
        }

    def _update_request(
        self, case: Case, values: Mapping[str, Any], changes: Mapping[str, int], *, closes: bool = False
    ) -> Any:
        """Return an update of a case, on the condition that nobody opened, closed or decided it since it was read.

        Args:
            case: the case as it was read.
            values: the new values of attributes.
            changes: the changes of numbers.
            closes: whether the update closes the case.
        """
        conditions = ["attribute_exists(pk)"]
        seen: dict[str, Any] = {"opening": case.opening, "decision": case.decision.to_map() if case.decision else None}
        for name, value in seen.items():
            conditions.append(f"#{name} = :seen_{name}" if value else f"attribute_not_exists(#{name})")
        removed = ["opening"] if closes else []
        sets = [f"#{_placeholder(name)} = :{_placeholder(name)}" for name in values]
        adds = [f"#{_placeholder(name)} :{_placeholder(name)}" for name in changes]
        return {
            "TableName": self._table,
            "Key": _key(case.dwipp_id),
            "UpdateExpression": " ".join(
                f"{verb} {', '.join(parts)}"
                for verb, parts in (("SET", sets), ("ADD", adds), ("REMOVE", [f"#{name}" for name in removed]))
                if parts
            ),
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {f"#{_placeholder(name)}": name for name in (*seen, *values, *changes)},
            "ExpressionAttributeValues": serialize(
                {f":{_placeholder(name)}": value for name, value in {**values, **changes}.items()}
                | {f":seen_{name}": value for name, value in seen.items()}
            ),
        }


def is_closed_by_withdrawal(case: Case) -> bool:
    """Return True if the withdrawal of one report closes the case."""
    return case.opening is not None and case.reports <= 1


def _count_changes(reason: str, replaced_reason: str | None) -> dict[str, int]:
    """Return the changes of a case's numbers by a new report, or by one that replaces another report."""
    if replaced_reason is None:
        return {"reports": 1, COUNT + reason: 1}
    if replaced_reason == reason:
        return {}
    return {COUNT + reason: 1, COUNT + replaced_reason: -1}


def _key(dwipp_id: str) -> Any:
    return serialize({"pk": f"case#{dwipp_id}", "sk": "case"})


def _placeholder(name: str) -> str:
    return name.replace("-", "_")  # A placeholder cannot contain the hyphen of `self-harm`.


def _expires_at(ttl: timedelta) -> int:
    return int((now() + ttl).timestamp())
