"""Times as the tables hold them; imports nothing of Dwipper."""

from datetime import UTC, datetime

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """RFC 3339 in UTC with all six digits of the second's fraction, so that texts sort by time."""
    return moment.astimezone(UTC).strftime(_FORMAT)


def from_text(text: str) -> datetime:
    """The moment that `to_text` wrote.

    Raises:
        ValueError: if it is not of that form.
    """
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def is_text(text: str) -> bool:
    """Whether `to_text` could have written this."""
    try:
        return to_text(from_text(text)) == text
    except ValueError:
        return False
