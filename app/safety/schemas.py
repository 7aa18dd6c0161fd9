"""Reports in the API."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.dwipps.schemas import DwippText, normalize_text, text_pattern
from app.openapi import examples
from app.openapi.formats import IdText, ModerationReason, Omittable, Timestamp, bounded

MAX_COMMENT_LENGTH = 500
CommentText = Annotated[str, bounded(MAX_COMMENT_LENGTH)]


def _normalize_comment(text: str) -> str:
    return normalize_text(text, MAX_COMMENT_LENGTH, "A comment")


# A short text beside a reason.
Comment = Annotated[
    str,
    AfterValidator(_normalize_comment),
    Field(
        description="1 to 500 code points, with the rules of a Dwipp's text. Only moderators see it.",
        json_schema_extra={"pattern": text_pattern(MAX_COMMENT_LENGTH)},
    ),
]
_EXAMPLE: Any = {"reason": "spam", "comment": examples.COMMENT}


class ReportRequest(BaseModel):
    """A report of a Dwipp."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    reason: ModerationReason
    comment: Omittable[Comment] = None


class OwnReport(BaseModel):
    """A report that the member made."""

    dwipp_id: IdText
    reason: ModerationReason
    comment: CommentText | None
    text: DwippText = Field(description="The text of the Dwipp when you reported it.")
    at: Timestamp
