"""What was asked and answered in a story, with what differs from one telling to the next made equal."""

import re
from typing import Any

import httpx

# Headers of which the two transports have to agree; all others belong to the transport.
_COMPARED = (
    "access-control-allow-origin",
    "access-control-expose-headers",
    "allow",
    "cache-control",
    "content-type",
    "idempotent-replayed",
    "link",
    "location",
    "retry-after",
    "vary",
    "www-authenticate",
)
_DIFFERENT = (
    ("token", re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")),
    ("uuid", re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")),
    ("time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")),
    ("cursor", re.compile(r"(?<=cursor[=\"])[\w-]{10,}|(?<=cursor\":\")[\w-]{20,}")),
    ("email", re.compile(r"member\d+@example\.org")),
    ("handle", re.compile(r"[a-z]+_[a-z]+_\d{2,5}")),
)


class Transcript(list[tuple[Any, ...]]):
    """Every exchange of a story, in order."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}
        self._paused = False

    def pause(self) -> None:
        """Leave out what is asked now: answers to what is asked at the same time come in no order."""
        self._paused = True

    def go_on(self) -> None:
        """Leave out nothing more."""
        self._paused = False

    async def record(self, response: httpx.Response) -> None:
        """Add an exchange (an event hook of httpx)."""
        await response.aread()
        assert response.headers["x-request-id"], "every answer has an id"
        if self._paused:
            return
        request = response.request
        headers = {name: self._named(response.headers[name]) for name in _COMPARED if name in response.headers}
        asked = self._named(request.url.raw_path.decode())
        self.append((request.method, asked, response.status_code, headers, self._named(response.text)))

    def _named(self, text: str) -> str:
        """The text with what is different every time called by its kind and the order in which it came up."""
        for kind, pattern in _DIFFERENT:
            text = pattern.sub(lambda found, kind=kind: self._name(kind, found[0]), text)  # type: ignore[misc]
        return text

    def _name(self, kind: str, value: str) -> str:
        return self._names.setdefault(value, f"<{kind} {len(self._names) + 1}>")
