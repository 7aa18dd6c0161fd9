"""The messages of the queue, as JSON documents with a version.

A message of another version is unreadable. After a rollback, for example, the queue may hold messages of the later
release. An unreadable message becomes a dead letter, and the sweep sends a readable one.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# The kinds of jobs. Each is also part of the key of its pending rows (app/jobs/pending.py).
JobKind = Literal["delete-account", "decide-dwipps", "renew-ranking"]
DELETE_ACCOUNT: JobKind = "delete-account"
DECIDE_DWIPPS: JobKind = "decide-dwipps"
RENEW_RANKING: JobKind = "renew-ranking"

# A subject is an id, such as the one of a member, or a name.
_SUBJECT = r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]{1,20})$"

# The highest number of a message. A job with a longer chain most likely never ends, so the worker refuses it.
MAX_NUMBER = 10_000


class UnreadableMessageError(Exception):
    """The message is not a job message of this version."""


class JobMessage(BaseModel):
    """A request to start or to continue a job.

    Attributes:
        version: the version of this format.
        kind: the kind of the job.
        subject: what the job is about, such as the id of a member or the name of a list.
        number: the position in the job's chain of messages, counted from 0.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: int = Field(default=1, ge=1, le=1)
    kind: JobKind
    subject: str = Field(pattern=_SUBJECT)
    number: int = Field(default=0, ge=0, le=MAX_NUMBER + 1)

    @classmethod
    def from_json(cls, body: str | bytes) -> Self:
        """Parse the body of a message.

        Raises:
            UnreadableMessageError: if the body has another form or version.
        """
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            # The cause is left out, because its message repeats the body.
            flaws = sorted({str(flaw["type"]) for flaw in error.errors(include_input=False, include_url=False)})
            raise UnreadableMessageError(", ".join(flaws)) from None

    def to_json(self) -> str:
        """Return the body of the message."""
        return self.model_dump_json()

    def next(self) -> Self:
        """Return the next message of the chain."""
        return self.model_copy(update={"number": self.number + 1})
