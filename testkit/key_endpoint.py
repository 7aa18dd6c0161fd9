"""A stand-in for the endpoint of the user pool's keys."""

import threading
from collections.abc import Mapping
from typing import Any

from testkit.forged_tokens import public_keys


class KeyEndpoint:
    """A stand-in that counts fetches, and that can hang or fail.

    Attributes:
        keys: the keys by key id.
        fetches: the number of fetches.
        now: the time of the clock in seconds. Only tests change it.
        failure: the error that each fetch raises, None for none.
        fetch_started: set when a fetch begins.
        may_respond: a fetch hangs while this is not set.
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
