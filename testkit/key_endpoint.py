"""A stand-in for the endpoint of the user pool's keys."""

import threading
from collections.abc import Mapping
from typing import Any

from testkit.forged_tokens import public_keys


class KeyEndpoint:
    """Counts fetches, and can hang or fail. Its clock moves only when a test sets `now`.

    `fetching` is set when a fetch begins. While `go_on` is cleared, a fetch hangs. `failure` is raised, if it is set.
    """

    def __init__(self) -> None:
        self.keys: Mapping[str, Mapping[str, Any]] = public_keys("signing")
        self.fetches = 0
        self.now = 1000.0
        self.failure: Exception | None = None
        self.fetch_started = threading.Event()
        self.may_respond = threading.Event()
        self.may_respond.set()

    def fetch(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the keys by key id."""
        self.fetches += 1
        self.fetch_started.set()
        assert self.may_respond.wait(10)
        if self.failure:
            raise self.failure
        return self.keys

    def clock(self) -> float:
        """Return the time in seconds, as `time.monotonic` does."""
        return self.now
