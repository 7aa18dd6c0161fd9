"""Events that wait for a function's runtimes, and what becomes of them; knows no HTTP."""

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

_NO_ANSWER = {"errorType": "Sandbox.Timedout", "errorMessage": "The function did not answer in time."}
_ENDED = {"errorType": "Runtime.ExitError", "errorMessage": "The runtime ended before it answered."}
_CLOSED = {"errorType": "Runtime.Closed", "errorMessage": "Nobody hands events to the function any more."}


class FunctionError(Exception):
    """The function failed, or could not start; `payload` says of what, in its runtime's words."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        super().__init__(f"{payload.get('errorType')}: {payload.get('errorMessage')}")
        self.payload = payload


@dataclass(frozen=True, slots=True)
class Invocation:
    """An event, until when it has to be answered, and the answer to come."""

    event: bytes
    deadline: float
    number: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: Future[bytes] = field(default_factory=Future)


class Invocations:
    """Those of one function; any thread may call."""

    def __init__(self, seconds: float) -> None:
        """Give the function so many seconds for an event, its wait for a runtime included."""
        self._seconds = seconds
        self._waiting: SimpleQueue[Invocation | None] = SimpleQueue()
        self._taken: dict[str, Invocation] = {}
        self._runtimes: set[Hashable] = set()
        self._failed_start: Mapping[str, Any] | None = None
        self._lock = threading.Lock()  # So that no event begins to wait while all that wait are given up.

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Have an event handled by the first runtime that asks for one.

        Raises:
            FunctionError: it failed, ended or took too long; or no runtime is left, and the last one could not start.
        """
        invocation = Invocation(json.dumps(event).encode(), time.time() + self._seconds)
        with self._lock:
            if self._failed_start is not None and not self._runtimes:
                raise FunctionError(self._failed_start)
            self._waiting.put(invocation)
        try:
            answer: dict[str, Any] = json.loads(invocation.answer.result(self._seconds))
        except TimeoutError:
            invocation.answer.cancel()  # So that no runtime takes it any more.
            raise FunctionError(_NO_ANSWER) from None
        return answer

    def take(self, runtime: Hashable, has_ended: Callable[[], bool]) -> Invocation | None:
        """Wait for an event for a runtime; None where the runtime, or all of this, has ended meanwhile."""
        with self._lock:
            self._runtimes.add(runtime)
            self._failed_start = None
        while (invocation := self._waiting.get()) and not has_ended():
            if invocation.answer.set_running_or_notify_cancel():
                self._taken[invocation.number] = invocation
                return invocation
        self._waiting.put(invocation)  # For another runtime; the end, too, is for all of them.
        return None

    def finish(self, number: str, answer: bytes = b"", failure: Mapping[str, Any] | None = None) -> bool:
        """Pass on what a runtime made of an event; False where none of this number is with a runtime."""
        invocation = self._taken.pop(number, None)
        if invocation and failure is not None:
            invocation.answer.set_exception(FunctionError(failure))
        elif invocation:
            invocation.answer.set_result(answer)
        return invocation is not None

    def fail_start(self, failure: Mapping[str, Any]) -> None:
        """Give up what waits, and what will, until there is a runtime; where there is one, it goes on."""
        with self._lock, contextlib.suppress(Empty):
            self._failed_start = failure
            while not self._runtimes:
                invocation = self._waiting.get_nowait()
                if invocation and invocation.answer.set_running_or_notify_cancel():
                    invocation.answer.set_exception(FunctionError(failure))

    def forget(self, runtime: Hashable, number: str) -> None:
        """Give up on a runtime that has ended, and on the event that it took last if that is still with it."""
        self._runtimes.discard(runtime)
        self.finish(number, failure=_ENDED)

    def send_away(self) -> None:
        """Have all runtimes leave that wait for an event."""
        self._waiting.put(None)

    def close(self) -> None:
        """Give up everything, once all runtimes are gone."""
        self.fail_start(_CLOSED)
