"""The invocations of a function: the events that wait for a runtime, and their responses. Independent of HTTP."""

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

_TIMEOUT_ERROR = {"errorType": "Sandbox.Timedout", "errorMessage": "The function did not answer in time."}
_EXIT_ERROR = {"errorType": "Runtime.ExitError", "errorMessage": "The runtime ended before it answered."}
_CLOSED_ERROR = {"errorType": "Runtime.Closed", "errorMessage": "The Runtime API was closed."}


class FunctionError(Exception):
    """A failed invocation.

    Attributes:
        payload: the error document that the runtime reported, or one for a timeout, an exit or a closed Runtime API.
    """

    def __init__(self, payload: Mapping[str, Any]) -> None:
        super().__init__(f"{payload.get('errorType')}: {payload.get('errorMessage')}")
        self.payload = payload


@dataclass(frozen=True, slots=True)
class Invocation:
    """An event and its future response.

    Attributes:
        event: the event as JSON.
        deadline: the time of the timeout, in seconds since the epoch.
        request_id: the id of the invocation.
        response: the response as JSON, or a FunctionError.
    """

    event: bytes
    deadline: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    response: Future[bytes] = field(default_factory=Future)


class Invocations:
    """The queue of one function's invocations. All methods are thread-safe.

    An invocation passes through these steps:

    1. `invoke` queues the event, and waits for the response.
    2. A runtime takes the oldest event with `take`.
    3. The runtime passes the response, or its error, to `finish`, which wakes up `invoke`.

    Args:
        timeout_seconds: the limit for one event, the wait for a runtime included.
    """

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._waiting: SimpleQueue[Invocation | None] = SimpleQueue()
        self._in_progress: dict[str, Invocation] = {}
        self._runtimes: set[Hashable] = set()
        self._init_error: Mapping[str, Any] | None = None
        # Without the lock, `invoke` could queue an event just after `fail_init` has emptied the queue.
        self._lock = threading.Lock()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Return the response of the first free runtime to an event.

        Raises:
            FunctionError: if the function fails, exits or takes too long, or if no runtime is left and the last one
                could not start. Also after `close`.
        """
        invocation = Invocation(json.dumps(event).encode(), time.time() + self._timeout_seconds)
        with self._lock:
            if self._init_error is not None and not self._runtimes:
                raise FunctionError(self._init_error)
            self._waiting.put(invocation)
        try:
            return json.loads(invocation.response.result(self._timeout_seconds))
        except TimeoutError:
            invocation.response.cancel()  # Otherwise a runtime could take the event later.
            raise FunctionError(_TIMEOUT_ERROR) from None

    def take(self, runtime: Hashable, has_ended: Callable[[], bool]) -> Invocation | None:
        """Wait for the next event. Return None if the runtime ends during the wait, or after `release_runtimes`.

        Args:
            runtime: an object that identifies the runtime.
            has_ended: returns True if the runtime has ended.
        """
        with self._lock:
            self._runtimes.add(runtime)
            self._init_error = None
        while (invocation := self._waiting.get()) and not has_ended():
            if invocation.response.set_running_or_notify_cancel():
                self._in_progress[invocation.request_id] = invocation
                return invocation
        self._waiting.put(invocation)  # Leave an event to another runtime. Pass None on, to release all runtimes.
        return None

    def finish(self, request_id: str, response: bytes = b"", error: Mapping[str, Any] | None = None) -> bool:
        """Complete an invocation with its response or its error. Return False if it is not in progress."""
        invocation = self._in_progress.pop(request_id, None)
        if invocation and error is not None:
            invocation.response.set_exception(FunctionError(error))
        elif invocation:
            invocation.response.set_result(response)
        return invocation is not None

    def fail_init(self, error: Mapping[str, Any]) -> None:
        """Record that a runtime could not start.

        If no other runtime is left, waiting invocations fail with this error. So do new ones, until a runtime calls
        `take`.
        """
        with self._lock, contextlib.suppress(Empty):
            self._init_error = error
            while not self._runtimes:
                invocation = self._waiting.get_nowait()
                if invocation and invocation.response.set_running_or_notify_cancel():
                    invocation.response.set_exception(FunctionError(error))

    def remove_runtime(self, runtime: Hashable, request_id: str) -> None:
        """Remove a runtime that has ended. Fail its last invocation if that has no response yet."""
        self._runtimes.discard(runtime)
        self.finish(request_id, error=_EXIT_ERROR)

    def release_runtimes(self) -> None:
        """Make `take` return None to all runtimes."""
        self._waiting.put(None)

    def close(self) -> None:
        """Fail all waiting and new invocations. Call this after all runtimes have been removed."""
        self.fail_init(_CLOSED_ERROR)
