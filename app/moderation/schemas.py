"""Cases, decisions, suspensions and the log in the API."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.aws.timestamps import now, to_milliseconds
from app.dwipps.schemas import DwippText, DwippView, dwipp_example
from app.members.schemas import ProfileView, SuspensionView
from app.openapi import examples
from app.openapi.formats import HandleText, IdText, ModerationReason, Omittable, Timestamp
from app.pagination.cursors import Page
from app.safety.schemas import Comment, CommentText

MAX_REPORTERS = 100
OUT_OF_RANGE: Final = "The time is before the year 1 or after the year 9999 in UTC."
PAST_END: Final = "The end of a suspension must be in the future."
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def _require_rfc_3339(value: Any) -> Any:
    """Refuse what pydantic reads as a time although RFC 3339 does not, such as a number."""
    if not (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        raise PydanticCustomError("rfc_3339", "Write a time with a zone as RFC 3339: 2026-01-31T12:00:00.000Z.")
    return value


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("rfc_3339", OUT_OF_RANGE) from error


def _refuse_past(moment: datetime | None) -> datetime | None:
    if moment is not None and moment <= now():
        raise PydanticCustomError("past", PAST_END)
    return moment


_Moment = Annotated[AwareDatetime, BeforeValidator(_require_rfc_3339), AfterValidator(_to_utc)]
_Note = Annotated[Comment, Field(description="1 to 500 code points for the log, with the rules of a Dwipp's text.")]

_CASE: Any = {
    "dwipp_id": examples.OTHERS_DWIPP_ID,
    "dwipp": dwipp_example(id=examples.OTHERS_DWIPP_ID, author={"handle": examples.BLOCKED_HANDLE}),
    "reports": 1,
    "reasons": {"spam": 1},
    "first_reported_at": examples.EDITED_AT,
    "last_reported_at": examples.EDITED_AT,
    "reported_text": examples.TEXT,
    "status": "open",
    "decision": None,
}
_REPORTER: Any = {
    "handle": examples.HANDLE,
    "reason": "spam",
    "comment": examples.COMMENT,
    "text": examples.TEXT,
    "at": examples.EDITED_AT,
}


class DecisionView(BaseModel):
    """The latest decision on a case. It stays when a report opens the case again."""

    action: Literal["remove", "dismiss", "deleted"] = Field(
        description="`deleted` if the author deleted the Dwipp or the account before a decision."
    )
    reason: ModerationReason | None
    decided_at: Timestamp | None


class CaseView(BaseModel):
    """A case: the reports of a Dwipp, and the decision."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CASE]})

    dwipp_id: IdText
    dwipp: DwippView | None = Field(description="Null if the Dwipp is gone.")
    reports: int = Field(json_schema_extra={"minimum": 0})
    # Text keys, because code generators do not know `propertyNames`.
    reasons: dict[str, int] = Field(description="The number of reports by reason. A reason without reports is absent.")
    first_reported_at: Timestamp | None
    last_reported_at: Timestamp | None
    reported_text: DwippText | None = Field(description="The text of the Dwipp at the latest report.")
    status: Literal["open", "closed"]
    decision: DecisionView | None


class ReporterView(BaseModel):
    """A report of the case."""

    handle: HandleText
    reason: ModerationReason
    comment: CommentText | None
    text: DwippText = Field(description="The text of the Dwipp when it was reported.")
    at: Timestamp


class CaseDetailView(CaseView):
    """A case with its latest 100 reports, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CASE | {"reporters": [_REPORTER]}]})

    reporters: list[ReporterView] = Field(json_schema_extra={"maxItems": MAX_REPORTERS})


class CasePage(Page[CaseView]):
    """A page of cases."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_CASE], "next_cursor": None}]})


class DecisionRequest(BaseModel):
    """A decision on a Dwipp."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"action": "dismiss", "reason": "spam", "note": "No spam."}]},
    )

    action: Literal["remove", "dismiss"]
    reason: ModerationReason
    note: Omittable[_Note] = None
    if_decided_at: Omittable[Annotated[_Moment, AfterValidator(to_milliseconds)]] = Field(
        None,
        description="The `decided_at` that you read. If the case has another decision, nothing changes.",
    )


class SuspensionRequest(BaseModel):
    """A suspension."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"until": "2099-01-31T12:00:00.000Z", "reason": "spam", "note": "A series.", "remove_dwipps": False}
            ]
        },
    )

    until: Annotated[_Moment | None, AfterValidator(_refuse_past)] = Field(
        description="The end, in the future. Null for a suspension until it is lifted."
    )
    reason: ModerationReason
    note: Omittable[_Note] = None
    remove_dwipps: bool = Field(
        False, strict=True, description="Whether to remove all Dwipps of the member. It takes minutes."
    )


class SanctionView(SuspensionView):
    """A suspension and its member."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"handle": examples.BLOCKED_HANDLE, "until": "2099-01-31T12:00:00.000Z", "reason": "spam"}]
        }
    )

    handle: HandleText


class RecordView(ProfileView):
    """A member as moderators see them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "handle": examples.BLOCKED_HANDLE,
                    "joined_at": examples.JOINED_AT,
                    "suspension": None,
                    "removed": 0,
                    "open_cases": 1,
                }
            ]
        }
    )

    suspension: SuspensionView | None = Field(description="Null if the member is not suspended.")
    removed: int = Field(description="The number of removed Dwipps.", json_schema_extra={"minimum": 0})
    open_cases: int = Field(description="The number of open cases.", json_schema_extra={"minimum": 0})


class LogEntryView(BaseModel):
    """A decision of a moderator."""

    at: Timestamp
    moderator: HandleText = Field(description="The handle of the moderator.")
    action: Literal["remove", "dismiss", "suspend", "lift"]
    handle: HandleText = Field(description="The member whom the decision concerns.")
    dwipp_id: IdText | None = Field(description="Null for a decision on a member, or on all Dwipps of a member.")
    until: Timestamp | None
    reason: ModerationReason | None
    note: CommentText | None


class LogPage(Page[LogEntryView]):
    """A page of the log."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "at": examples.EDITED_AT,
                            "moderator": "lifeguard_lee",
                            "action": "remove",
                            "handle": examples.BLOCKED_HANDLE,
                            "dwipp_id": examples.OTHERS_DWIPP_ID,
                            "until": None,
                            "reason": "spam",
                            "note": "A series.",
                        }
                    ],
                    "next_cursor": None,
                }
            ]
        }
    )
