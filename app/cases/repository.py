"""The repository of cases: one case for each reported or decided Dwipp.

Rows of the safety table:

    pk = case#<dwipp_id>  author, listed_at, reports (a number), count_<reason> (numbers), first_reported_at,
    sk = case             last_reported_at, text, opening (a random token of an open case), decision (a map),
                          expires_at (of a closed case)

    pk = cases#open       opening, author
    sk = <listed_at>#<dwipp_id>

    pk = cases#all        expires_at
    sk = <listed_at>#<dwipp_id>

The row of a case is the truth. The other rows are entries of two lists, in order of the first report: the open cases,
and all cases. An entry is written with or before the state that it lists, and is deleted after it. So an interrupted
write can leave an entry too many, but never one too few. Readers skip entries that do not match the row of the case.
An index would list the cases too. But a transaction writes each index at double cost, and a decision has no units left.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Self

from app.aws.errors import is_transient, log_suppressed
from app.aws.items import batch_get, deserialize, query, serialize
from app.aws.timestamps import from_text, now, to_milliseconds, to_text
from app.openapi.formats import ModerationReason

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Status = Literal["open", "closed"]

# A closed case, with the reported text, stays for this time.
_CLOSED_TTL = timedelta(days=90)
# An entry in the list of all cases stays for this time after the first report. It holds no text and no handle.
_ENTRY_TTL = timedelta(days=2 * 365)
_OPEN_LIST, _ALL_LIST = "cases#open", "cases#all"
_COUNT = "count_"


@dataclass(frozen=True, slots=True)
class Decision:
    """The latest decision of a moderator, or the deletion of the Dwipp.

    Attributes:
        action: what happened.
        reason: None if the Dwipp was deleted.
        decided_at: None if the time of the deletion is unknown.
    """

    action: Literal["remove", "dismiss", "deleted"]
    reason: ModerationReason | None = None
    decided_at: datetime | None = None

    @classmethod
    def from_map(cls, values: Mapping[str, Any]) -> Self:
        """Return the decision in a row."""
        return cls(values["action"], values.get("reason"), from_text(values["decided_at"]))

    def to_map(self) -> dict[str, Any]:
        """Return the decision as a row stores it."""
        decided_at = to_text(self.decided_at) if self.decided_at else None
        values = {"action": self.action, "reason": self.reason, "decided_at": decided_at}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Case:
    """A case.

    Attributes:
        dwipp_id: the Dwipp.
        author: the handle of its author.
        listed_at: the position in the lists of cases: the time of the first report, or of the decision without one.
        reports: the number of reports that were not withdrawn.
        reasons: the number of these reports by reason, without zeros.
        first_reported_at: the time of the first report. None if there never was one.
        last_reported_at: the time of the latest report.
        text: the text of the Dwipp at the latest report.
        opening: identifies the report that opened the case. None if the case is closed.
        decision: the latest decision. It stays when a report opens the case again.
    """

    dwipp_id: str
    author: str
    listed_at: datetime
    reports: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    first_reported_at: datetime | None = None
    last_reported_at: datetime | None = None
    text: str | None = None
    opening: str | None = None
    decision: Decision | None = None

    @classmethod
    def from_item(cls, item: Any) -> Self | None:
        """Return the case in an item. None if it has expired."""
        values = deserialize(item)
        if values.get("expires_at", time.time() + 1) <= time.time():
            return None
        counts = {name.removeprefix(_COUNT): int(count) for name, count in values.items() if name.startswith(_COUNT)}
        decision = values.get("decision")
        return cls(
            dwipp_id=values["dwipp_id"],
            author=values["author"],
            listed_at=from_text(values["listed_at"]),
            reports=int(values.get("reports", 0)),
            reasons={reason: count for reason, count in sorted(counts.items()) if count > 0},
            first_reported_at=_parse(values.get("first_reported_at")),
            last_reported_at=_parse(values.get("last_reported_at")),
            text=values.get("text"),
            opening=values.get("opening"),
            decision=Decision.from_map(decision) if decision else None,
        )

    @property
    def status(self) -> Status:
        """Return the status in the row. A deletion of the Dwipp may not be in the row yet."""
        return "open" if self.opening else "closed"

    @property
    def entry_key(self) -> str:
        """Return the sort key of the entries in the lists."""
        return f"{to_text(self.listed_at)}#{self.dwipp_id}"


@dataclass(frozen=True, slots=True)
class ReportedDwipp:
    """The part of a Dwipp that a case keeps."""

    id: str
    text: str
    author: str


@dataclass(frozen=True, slots=True)
class CaseReport:
    """A new or changed report, as far as its case counts it.

    Attributes:
        dwipp: the reported Dwipp.
        at: the time of the report.
        listed_at: the time of the first report of the case.
        reason: the reason.
        replaced_reason: the reason of the report of the same case that this one replaces. None if there is none.
    """

    dwipp: ReportedDwipp
    at: datetime
    listed_at: datetime
    reason: str
    replaced_reason: str | None


class CaseRepository:
    """The repository of cases. It returns requests for the transactions of reports and decisions."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, dwipp_id: str, *, consistent: bool = True) -> Case | None:
        """Return a case. None if there is none, or if it has expired."""
        response = self._client.get_item(TableName=self._table, Key=_key(dwipp_id), ConsistentRead=consistent)
        return Case.from_item(response["Item"]) if "Item" in response else None

    def list_entries(self, status: Status, limit: int, after: str | None) -> list[str]:
        """Return the sort keys of entries after a sort key, oldest first report first.

        The list of the closed cases is that of all cases. An entry may not match the row of its case.
        """
        pk = _OPEN_LIST if status == "open" else _ALL_LIST
        items = query(
            self._client,
            limit,
            TableName=self._table,
            KeyConditionExpression="pk = :pk" + (" AND sk > :after" if after else ""),
            ExpressionAttributeValues=serialize({":pk": pk, ":after": after}),
        )
        return [deserialize(item)["sk"] for item in items]

    def count_open(self, author: str) -> int:
        """Return the number of open cases about Dwipps of this author. It reads the list of all open cases."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            FilterExpression="author = :author",
            ExpressionAttributeValues=serialize({":pk": _OPEN_LIST, ":author": author}),
            Select="COUNT",
        )
        return sum(page["Count"] for page in pages)

    def get_listed(self, entries: Sequence[str]) -> list[Case]:
        """Return the cases of entries in their order, eventually consistent. An entry without a matching row has none.

        Args:
            entries: sort keys, as `list_entries` returns them.
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
        dwipp, listed_at = report.dwipp, report.listed_at
        opening = case.opening if case and case.opening else uuid.uuid4().hex
        values = {
            "listed_at": to_text(listed_at),
            "first_reported_at": to_text(listed_at),
            "last_reported_at": to_text(report.at),
            "text": dwipp.text,
            "opening": opening,
        }
        changes = _count_changes(report.reason, report.replaced_reason)
        requests = [
            {"Update": self._update_request(case, values, changes)}
            if case
            else {"Put": self._put_request({"dwipp_id": dwipp.id, "author": dwipp.author} | values | changes)}
        ]
        entry = f"{to_text(listed_at)}#{dwipp.id}"
        if case is None or case.opening is None:
            open_entry = {"pk": _OPEN_LIST, "sk": entry, "opening": opening, "author": dwipp.author}
            requests.append({"Put": {"TableName": self._table, "Item": serialize(open_entry)}})
        if case is None or case.first_reported_at is None:
            requests.append({"Put": self._entry_request(entry, listed_at)})
        return requests

    def withdrawal_requests(self, case: Case, reason: str) -> list[Any]:
        """Return the request by which the withdrawal of a report updates its case. The last withdrawal closes it.

        Args:
            case: the case as it was read. The transaction fails if its number of reports changed since.
            reason: the reason of the report.
        """
        closes = case.opening is not None and case.reports <= 1
        values = {"expires_at": _expires_at(_CLOSED_TTL)} if closes else {}
        update = self._update_request(case, values, {"reports": -1, _COUNT + reason: -1}, closes=closes)
        update["ConditionExpression"] += " AND reports = :seen_reports"
        update["ExpressionAttributeValues"] |= serialize({":seen_reports": case.reports})
        return [{"Update": update}]

    def decision_requests(self, case: Case | None, dwipp_id: str, author: str, decision: Decision) -> list[Any]:
        """Return the request by which a decision closes its case.

        Args:
            case: the case as it was read. The transaction fails if it was opened, closed or decided since.
            dwipp_id: the Dwipp.
            author: the handle of its author.
            decision: the decision.
        """
        values = {"decision": decision.to_map(), "expires_at": _expires_at(_CLOSED_TTL)}
        if case is None:
            listed_at = to_text(decision.decided_at or now())
            return [
                {"Put": self._put_request({"dwipp_id": dwipp_id, "author": author, "listed_at": listed_at} | values)}
            ]
        return [{"Update": self._update_request(case, values, {}, closes=True)}]

    def add_entry(self, dwipp_id: str, listed_at: datetime) -> None:
        """Add an entry to the list of all cases, before a decision without reports creates the case."""
        self._client.put_item(**self._entry_request(f"{to_text(listed_at)}#{dwipp_id}", listed_at))

    def delete_open_entry(self, case: Case) -> None:
        """Delete the entry of a case that was closed, unless a report has opened it again.

        A transient error is logged only. Readers skip the entry.
        """
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=serialize({"pk": _OPEN_LIST, "sk": case.entry_key}),
                ConditionExpression="opening = :opening",
                ExpressionAttributeValues=serialize({":opening": case.opening}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
        except Exception as error:
            if not is_transient(error):
                raise
            log_suppressed(error)

    def close_deleted(self, dwipp_id: str) -> None:
        """Close the open case of a Dwipp that was just deleted.

        A transient error is logged only, because the Dwipp is deleted already. Readers count the case as closed.
        """
        try:
            case = self.get(dwipp_id)
            if case and case.opening:
                self._close(case, Decision("deleted", decided_at=to_milliseconds(now())))
        except Exception as error:
            if not is_transient(error):
                raise
            log_suppressed(error)

    def _close(self, case: Case, decision: Decision) -> None:
        (request,) = self.decision_requests(case, case.dwipp_id, case.author, decision)
        # If another write changed the case, the token in the entry tells whether it opened the case again.
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(**request["Update"])
        self.delete_open_entry(case)

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
        removed = ["opening"] if closes else [] if "expires_at" in values or not values else ["expires_at"]
        names = {*seen, *values, *changes, *removed}
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
            "ExpressionAttributeNames": {f"#{_placeholder(name)}": name for name in names},
            "ExpressionAttributeValues": serialize(
                {f":{_placeholder(name)}": value for name, value in {**values, **changes}.items()}
                | {f":seen_{name}": value for name, value in seen.items()}
            ),
        }

    def _entry_request(self, entry: str, listed_at: datetime) -> Any:
        item = {"pk": _ALL_LIST, "sk": entry, "expires_at": int((listed_at + _ENTRY_TTL).timestamp())}
        return {"TableName": self._table, "Item": serialize(item)}


def _count_changes(reason: str, replaced_reason: str | None) -> dict[str, int]:
    """Return the changes of a case's numbers by a new report, or by one that replaces another report."""
    if replaced_reason is None:
        return {"reports": 1, _COUNT + reason: 1}
    if replaced_reason == reason:
        return {}
    return {_COUNT + reason: 1, _COUNT + replaced_reason: -1}


def _key(dwipp_id: str) -> Any:
    return serialize({"pk": f"case#{dwipp_id}", "sk": "case"})


def _placeholder(name: str) -> str:
    return name.replace("-", "_")  # A placeholder cannot contain the hyphen of `self-harm`.


def _expires_at(ttl: timedelta) -> int:
    return int((now() + ttl).timestamp())


def _parse(text: str | None) -> datetime | None:
    return from_text(text) if text else None
