"""Saves of a running MiniStack, soon after each change and never without one."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

logger = logging.getLogger(__name__)

_ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]
_MIN_INTERVAL_SECONDS = 1.0
# A save blocks MiniStack while it copies the state. So saves take at most this share of the time.
_MAX_SHARE = 0.05
# Operations that change nothing, and polls of a queue: after a kill, a delivered message is delivered again.
_READ = re.compile(r"\.(?:Admin)?(?:BatchGet|Describe|Get|List|Query|ReceiveMessage|Scan|TransactGet)")


class Autosave:
    """An ASGI application that passes everything on to MiniStack, and saves after requests that may change its state.

    Args:
        app: MiniStack.
        find_getters: returns a function for each service, which returns a copy of the service's state, or None.
        write: writes the states. It runs in a thread, because it can take long.
    """

    def __init__(
        self,
        app: _ASGIApp,
        find_getters: Callable[[], Mapping[str, Callable[[], Any]]],
        write: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._app = app
        self._find_getters = find_getters
        self._write = write
        self._has_changed = asyncio.Event()
        self._has_ended = False

    @property
    def has_ended(self) -> bool:
        """Return True if MiniStack has ended normally, and has saved its state."""
        return self._has_ended

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request or the events of the server's lifespan on to MiniStack."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            if _may_change(scope):
                self._has_changed.set()

    async def _run_lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        saves = asyncio.create_task(self._save_changes())
        try:
            await self._app(scope, receive, send)
            self._has_ended = True
        finally:
            saves.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await saves

    async def _save_changes(self) -> None:
        while True:
            await self._has_changed.wait()
            self._has_changed.clear()
            started = time.monotonic()
            await self._save()
            await asyncio.sleep(choose_pause(time.monotonic() - started))

    async def _save(self) -> None:
        """Save, or log the error and try again later: a thread of MiniStack may change the state during the copy."""
        try:
            states = {name: get_state() for name, get_state in self._find_getters().items()}
            await asyncio.to_thread(self._write, {name: state for name, state in states.items() if state is not None})
        except Exception:
            logger.exception("The state could not be saved.")
            self._has_changed.set()


def choose_pause(save_seconds: float) -> float:
    """Return the seconds until the next save may begin, after a save that took `save_seconds`."""
    return max(_MIN_INTERVAL_SECONDS, save_seconds / _MAX_SHARE)


def _may_change(scope: Any) -> bool:
    if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    operation = dict(scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
    return not _READ.search(operation)
