"""A case, its decision, and its reports."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Self

from app.aws.items import deserialize
from app.aws.timestamps import from_text, to_text
from app.openapi.formats import ModerationReason

Status = Literal["open", "closed"]

# The prefix of the attributes that count the reports by reason.
COUNT = "count_"


class Decision(NamedTuple):
    """The latest decision of a moderator, or the deletion of the Dwipp.

    Attributes:
        action: what happened.
        reason: None if the Dwipp was deleted.
        decided_at: None if the time of the deletion is unknown.
        bulk_id: the id of the bulk removal that the decision is part of. None for a decision on the Dwipp alone.
    """

    action: Literal["remove", "dismiss", "deleted"]
    reason: ModerationReason | None = None
    decided_at: datetime | None = None
    bulk_id: str | None = None

    @classmethod
    def from_map(cls, values: Mapping[str, Any]) -> Self:
        """Return the decision in a row."""
        return cls(values["action"], values.get("reason"), from_text(values["decided_at"]), values.get("bulk_id"))

    def to_map(self) -> dict[str, Any]:
        """Return the decision as a row stores it."""
        decided_at = to_text(self.decided_at) if self.decided_at else None
        values = {"action": self.action, "reason": self.reason, "decided_at": decided_at, "bulk_id": self.bulk_id}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Case:
    """A case.

    Attributes:
        dwipp_id: the Dwipp.
        author: the handle of its author.
        listed_at: the position in the lists of cases: the time of the first report, or of the Dwipp without one.
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
        counts = {name.removeprefix(COUNT): int(count) for name, count in values.items() if name.startswith(COUNT)}
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
    """A Dwipp as far as its case knows it.

    Attributes:
        id: the id.
        text: the text.
        author: the handle of the author.
        check: the condition that the Dwipp still exists and is not removed, for the transaction of the report.
    """

    id: str
    text: str
    author: str
    check: Any = field(repr=False)


class CaseReport(NamedTuple):
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


class Report(NamedTuple):
    """A report of a Dwipp.

    Attributes:
        dwipp_id: the Dwipp.
        handle: the handle of the reporter.
        reason: one of the reasons of the API.
        comment: the words of the reporter. None without any.
        text: the text of the Dwipp when it was reported.
        at: the time.
        listed_at: the time of the first report of the case. It identifies the case.
    """

    dwipp_id: str
    handle: str
    reason: ModerationReason
    comment: str | None
    text: str
    at: datetime
    listed_at: datetime

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Return the report in an item of the table or of its index."""
        values = deserialize(item)
        return cls(
            dwipp_id=values["sk"],
            handle=values["handle"],
            reason=values["reason"],
            comment=values.get("comment"),
            text=values["text"],
            at=from_text(values["at"]),
            listed_at=from_text(values["listed_at"]),
        )


def _parse(text: str | None) -> datetime | None:
    return from_text(text) if text else None
