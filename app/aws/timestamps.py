"""Timestamps as the tables store them. Imports nothing of Dwipper."""

from datetime import UTC, datetime

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def to_milliseconds(moment: datetime) -> datetime:
    """Return a time in whole milliseconds, as the API shows it. The rest is cut off."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_text(moment: datetime) -> str:
    """Format a time as RFC 3339 in UTC, with six digits of fraction so that texts sort by time."""
    return moment.astimezone(UTC).strftime(_FORMAT)


def from_text(text: str) -> datetime:
    """Parse a text that `to_text` wrote.

    Raises:
        ValueError: if the text has another form.
    """
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def is_timestamp(text: str) -> bool:
    """Return True if `to_text` could have written this text."""
    try:
        return to_text(from_text(text)) == text
    except ValueError:
        return False
