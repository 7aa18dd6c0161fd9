"""An idle `make run` makes at most one poll a second, and ends at once."""

import threading
from unittest.mock import Mock

from devstack import commands


class CountingStop(threading.Event):
    """An event that is set after a number of waits. It adds up their timeouts, and does not wait."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.waits = waits
        self.seconds = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.seconds += timeout
        self.waits -= 1
        return self.waits < 0


def test_idle_runner_polls_at_most_60_times_a_minute() -> None:
    mailbox = Mock(fetch_new=Mock(return_value=[]))
    stop = CountingStop(10)
    commands._watch(stop, [], mailbox)
    assert mailbox.fetch_new.call_count == 10
    assert 60 * mailbox.fetch_new.call_count / stop.seconds <= 60
