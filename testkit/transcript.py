"""Transcripts: the requests and responses of a test, comparable between transports."""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import httpx

# Headers that must be equal across transports. Others are not compared.
_COMPARED_HEADERS = (
    "access-control-allow-origin",
    "access-control-expose-headers",
    "allow",
    "cache-control",
    "content-type",
    "idempotent-replayed",
    "link",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "vary",
    "www-authenticate",
)
_VARYING_VALUES = (
    ("token", re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")),
    ("uuid", re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")),
    ("time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")),
    ("cursor", re.compile(r"(?<=cursor[=\"])[\w-]{10,}|(?<=cursor\":\")[\w-]{10,}")),
    ("email", re.compile(r"member\d+@example\.org")),
    ("handle", re.compile(r"[a-z]+_[a-z]+_\d{2,5}")),
)
# The time to the end of a limit's window. Equal numbers are a coincidence, so their placeholders are equal.
_REMAINING_SECONDS = re.compile(r"(?<=;t=)\d+")


class Transcript(list[tuple[Any, ...]]):
    """The requests and responses of a test, in order. Placeholders replace values that vary between runs."""

    def __init__(self) -> None:
        super().__init__()
        self._placeholders: dict[str, str] = {}
        self._is_paused = False

    def pause(self) -> None:
        """Stop recording. Use it around concurrent requests, because their order varies."""
        self._is_paused = True

    def resume(self) -> None:
        """Continue recording."""
        self._is_paused = False

    async def record(self, response: httpx.Response) -> None:
        """Record a request and its response (an event hook of httpx)."""
        await response.aread()
        assert response.headers.get("x-request-id"), "the response has no request id"
        if self._is_paused:
            return
        request = response.request
        names = [name for name in _COMPARED_HEADERS if name in response.headers]
        headers = {name: self._normalize(response.headers[name]) for name in names}
        path = self._normalize(request.url.raw_path.decode())
        self.append((request.method, path, response.status_code, headers, self._normalize(response.text)))

    def _normalize(self, text: str) -> str:
        """Replace each varying value by a placeholder such as `<uuid 3>`, the same for each occurrence."""
        for kind, pattern in _VARYING_VALUES:
            text = pattern.sub(lambda match, kind=kind: self._get_placeholder(kind, match[0]), text)  # type: ignore[misc]
        return _REMAINING_SECONDS.sub("<seconds>", text)

    def _get_placeholder(self, kind: str, value: str) -> str:
        return self._placeholders.setdefault(value, f"<{kind} {len(self._placeholders) + 1}>")


def compare_transports(folder: Path, test_id: str, transport: str, transcript: Transcript) -> None:
    """Compare the transcript with the first transcript of the same test. Store it if it is the first.

    Args:
        folder: a folder that all workers of a run share.
        test_id: the id of the test without its transport.
        transport: the transport of the transcript.
        transcript: the transcript of a test that has passed.

    Raises:
        AssertionError: if the transcripts differ, or if the transcript is empty.
    """
    assert transcript, "the test sent no request"
    first = folder / hashlib.sha256(test_id.encode()).hexdigest()
    own = first.with_suffix(f".{transport}")
    own.write_text("\n".join(map(repr, transcript)))
    try:
        os.link(own, first)  # Atomic, so exactly one transport is the first.
    except FileExistsError:
        pairs = zip(first.read_text().split("\n"), map(repr, transcript), strict=False)
        differences = [(theirs, ours) for theirs, ours in pairs if theirs != ours]
        assert not differences, f"the transports responded differently: {differences[0]}"
        assert first.read_text() == own.read_text(), "the transports recorded different numbers of requests"
