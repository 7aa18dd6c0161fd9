"""The mail that Cognito would send, read from MiniStack."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from devstack import loopback

_PATH = "/_ministack/ses/messages"
_CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as sent to one of its recipients. The time is that of `time.time`."""

    message_id: str
    recipient: str
    subject: str
    body: str
    sent_at: float

    def __str__(self) -> str:
        return f"mail to {self.recipient}: {self.code or self.subject}"

    @property
    def code(self) -> str | None:
        """Return the first six-digit code in the body. None if there is none."""
        match = _CODE.search(self.body)
        return match[0] if match else None


class Mailbox:
    """The mail of an embedded AWS. It keeps a connection until `close`, because it is read every second.

    Args:
        endpoint: the endpoint of MiniStack.
    """

    def __init__(self, endpoint: str) -> None:
        self._http = loopback.open_client(endpoint)
        self._returned: set[str] = set()

    def fetch_new(self) -> list[Mail]:
        """Return the mail that no earlier call returned, oldest first within an account."""
        mails = [mail for mail in _read_mails(self._http.get(_PATH)) if mail.message_id not in self._returned]
        self._returned.update(mail.message_id for mail in mails)
        return mails

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def fetch_all(endpoint: str) -> list[Mail]:
    """Return all mail that MiniStack stores, oldest first within an account."""
    return _read_mails(loopback.get(endpoint + _PATH))


def _read_mails(response: httpx.Response) -> list[Mail]:
    return list(parse_messages(response.raise_for_status().json()))


def parse_messages(document: dict[str, Any]) -> Iterator[Mail]:
    """Yield one Mail for each recipient of each message.

    Args:
        document: MiniStack's response, which lists the messages by account.
    """
    for messages in document["messages"].values():
        for message in messages:
            for recipient in message["To"]:
                yield Mail(
                    message["MessageId"], recipient, message["Subject"], message["BodyText"], message["Timestamp"]
                )


def find_latest_code(endpoint: str, recipient: str) -> str:
    """Return the code of the latest mail to this recipient that contains a code.

    Raises:
        LookupError: if no mail to this recipient contains a code.
    """
    codes = [mail.code for mail in fetch_all(endpoint) if mail.recipient == recipient and mail.code]
    if not codes:
        raise LookupError(f"No code was sent to {recipient}.")
    return codes[-1]
