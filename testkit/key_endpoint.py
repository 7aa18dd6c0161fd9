"""Where the pool's keys are fetched, as far as a test is concerned."""

import threading
from collections.abc import Mapping
from typing import Any

from testkit.forged_tokens import public_keys


class KeyEndpoint:
    """Counts who fetches, and can be made to hang or to fail; with a clock that only tests move."""

    def __init__(self) -> None:
        self.keys: Mapping[str, Mapping[str, Any]] = public_keys("signing")
        self.fetches = 0
        self.now = 1000.0
        self.failure: Exception | None = None
        self.fetching = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def fetch(self) -> Mapping[str, Mapping[str, Any]]:
        self.fetches += 1
        self.fetching.set()
        assert self.go_on.wait(10)
        if self.failure:
            raise self.failure
        return self.keys

    def clock(self) -> float:
        return self.now
