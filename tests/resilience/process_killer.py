"""A process of the app that is killed before or after one of its writes, by an exception that nothing catches."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import boto3
import pytest

# The event of botocore at which the process is killed: before or after a write takes effect.
Moment = Literal["before-call", "after-call"]

_READS = ("GetItem", "BatchGetItem", "Query", "GetUser", "AdminGetUser")


class KilledError(BaseException):
    """The process was killed."""


@dataclass
class ProcessKiller:
    """A hook that lets some writes pass, and raises at each later write, as if the process had been killed.

    Each call that is no read counts as a write, ReceiveMessage too: it hides the message from other workers.

    Attributes:
        moment: when the process is killed.
        writes_left: the number of writes that pass.
        killed_at: the operation at which the process was killed. None if it was not.
    """

    moment: Moment
    writes_left: int
    killed_at: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Count the writes of clients that are created in the block. Suppress the kill at its end."""
        original = boto3.client

        def create_client(*args: Any, **options: Any) -> Any:
            client = original(*args, **options)
            client.meta.events.register(self.moment, self._count_write)
            return client

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(boto3, "client", create_client)
            try:
                yield
            except KilledError:
                assert self.killed_at
                return
        assert self.killed_at is None, "something caught the kill"

    def _count_write(self, model: Any, **_: Any) -> None:
        if model.name in _READS:
            return
        with self._lock:
            self.writes_left -= 1
            if self.writes_left >= 0:
                return
            self.killed_at = self.killed_at or model.name
        raise KilledError
