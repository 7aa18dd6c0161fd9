"""The mails that Cognito would have sent, read from MiniStack; prints nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

_CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as one recipient sees it."""

    message_id: str
    recipient: str
    subject: str
    body: str

    def __str__(self) -> str:
        return f"mail to {self.recipient}: {self.code or self.subject}"

    @property
    def code(self) -> str | None:
        """The code that Cognito asks back, where there is one."""
        found = _CODE.search(self.body)
        return found[0] if found else None


@dataclass(slots=True)
class Mailbox:
    """All mail of an embedded AWS; each call of `fresh` gives what came since the last."""

    endpoint: str
    _seen: set[str] = field(default_factory=set)

    def fresh(self) -> list[Mail]:
        """Give the mails that were not given before."""
        mails = [mail for mail in everything(self.endpoint) if mail.message_id not in self._seen]
        self._seen.update(mail.message_id for mail in mails)
        return mails


def everything(endpoint: str) -> list[Mail]:
    """Give all mails that were ever sent, the oldest first."""
    answer = httpx.get(f"{endpoint}/_ministack/ses/messages", trust_env=False, timeout=5)
    return list(parse(answer.raise_for_status().json()))


def parse(document: dict[str, Any]) -> Iterator[Mail]:
    """Read MiniStack's list of messages, which it keeps by account."""
    for messages in document["messages"].values():
        for message in messages:
            for recipient in message["To"]:
                yield Mail(message["MessageId"], recipient, message["Subject"], message["BodyText"])


def latest_code(endpoint: str, recipient: str) -> str:
    """Give the code that a recipient was sent last.

    Raises:
        LookupError: no mail to them holds any.
    """
    codes = [mail.code for mail in everything(endpoint) if mail.recipient == recipient and mail.code]
    if not codes:
        raise LookupError(f"No code was sent to {recipient}.")
    return codes[-1]
