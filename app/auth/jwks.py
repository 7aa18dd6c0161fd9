"""The public keys that the pool signs its tokens with; knows no token."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.errors import UnauthenticatedError, UnavailableError
from app.observability import request_context

_BETWEEN_REFRESHES_SECONDS = 30.0
_AFTER_FAILURE_SECONDS = 5.0
_FETCH_SECONDS = 5.0

Keys = Mapping[str, Mapping[str, Any]]


class KeySet:
    """The pool's public keys by `kid`, fetched when first needed and when a token names one that is not held.

    Whoever's key is held waits for nobody. All others wait for one and the same fetch, and there is one at most in
    thirty seconds (five after one that failed), however many tokens ask for it.
    """

    def __init__(self, fetch: Callable[[], Keys], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Keys = {}
        self._reachable = True
        self._fetched_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> Mapping[str, Any]:
        """The key of that id.

        Raises:
            UnauthenticatedError: if the pool has none.
            UnavailableError: if the pool could not be asked.
        """
        if kid not in self._keys:
            await self._refreshed()
        if kid in self._keys:
            return self._keys[kid]
        raise UnauthenticatedError if self._reachable else UnavailableError

    async def _refreshed(self) -> None:
        if self._fetching is None or self._fetching.done():
            pause = _BETWEEN_REFRESHES_SECONDS if self._reachable else _AFTER_FAILURE_SECONDS
            if self._clock() - self._fetched_at < pause:
                return
            self._fetched_at = self._clock()
            self._fetching = asyncio.create_task(self._refresh())
        await asyncio.shield(self._fetching)

    async def _refresh(self) -> None:
        try:
            self._keys = await asyncio.wait_for(asyncio.to_thread(self._fetch), _FETCH_SECONDS)
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with the answer, the keys that are held stay good
            request_context.current().cognito_failures.append(type(error).__name__)
            self._reachable = False
        else:
            self._reachable = True


def fetch_keys(url: str) -> Keys:
    """The keys of a JSON Web Key Set (RFC 7517): those for RS256 signatures.

    Raises:
        Exception: whatever is wrong with the answer, or that there was none within a few seconds.
    """
    import urllib3  # noqa: PLC0415 -- nobody fetches keys behind API Gateway, where an import costs a cold start

    answer = urllib3.request("GET", url, timeout=_FETCH_SECONDS, retries=False, redirect=False)
    if answer.status != 200:
        raise UnavailableError
    fit = {"kty": "RSA", "alg": "RS256", "use": "sig"}  # The last two may be left out (RFC 7517, 4.2 and 4.4).
    found = json.loads(answer.data)["keys"]
    keys = {key["kid"]: key for key in found if key["kty"] == "RSA" and fit.items() <= {**fit, **key}.items()}
    if not keys:
        raise UnavailableError
    return keys
