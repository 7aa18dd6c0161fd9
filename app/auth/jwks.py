"""The JSON Web Key Set of the user pool: the public keys of its tokens. Independent of tokens."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.errors import UnauthenticatedError, UnavailableError
from app.observability import request_context

_REFRESH_INTERVAL_SECONDS = 30.0
_FAILURE_RETRY_SECONDS = 5.0
_FETCH_TIMEOUT_SECONDS = 5.0

Keys = Mapping[str, Mapping[str, Any]]


class KeySet:
    """The pool's public keys by `kid`, fetched on first use and when a token names an unknown key.

    A request whose key is known never waits. All others wait for one shared fetch. There is at most one fetch in 30
    seconds, or in 5 seconds after a failure, however many tokens ask for it.
    """

    def __init__(self, fetch: Callable[[], Keys], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Keys = {}
        self._reachable = True
        self._fetched_at = float("-inf")
        self._fetch_task: asyncio.Task[None] | None = None

    async def get(self, kid: str) -> Mapping[str, Any]:
        """Return the key with this id.

        Raises:
            UnauthenticatedError: if the pool has no such key.
            UnavailableError: if the pool's keys cannot be fetched.
        """
        if kid not in self._keys:
            await self._refresh()
        if kid in self._keys:
            return self._keys[kid]
        raise UnauthenticatedError if self._reachable else UnavailableError

    async def _refresh(self) -> None:
        if self._fetch_task is None or self._fetch_task.done():
            interval = _REFRESH_INTERVAL_SECONDS if self._reachable else _FAILURE_RETRY_SECONDS
            if self._clock() - self._fetched_at < interval:
                return
            self._fetched_at = self._clock()
            self._fetch_task = asyncio.create_task(self._fetch_keys())
        # A client that disconnects must not cancel the fetch that others wait for.
        await asyncio.shield(self._fetch_task)

    async def _fetch_keys(self) -> None:
        try:
            self._keys = await asyncio.wait_for(asyncio.to_thread(self._fetch), _FETCH_TIMEOUT_SECONDS)
        except Exception as error:  # noqa: BLE001 -- whatever the failure, the known keys stay valid
            request_context.current().cognito_failures.append(type(error).__name__)
            self._reachable = False
        else:
            self._reachable = True


def fetch_keys(url: str) -> Keys:
    """Fetch a JSON Web Key Set (RFC 7517), and return its keys for RS256 signatures by `kid`.

    Raises:
        Exception: of any type, if there is no valid response within a few seconds.
    """
    import urllib3  # noqa: PLC0415 -- the Lambda function fetches no keys, and the import would prolong its cold start

    response = urllib3.request("GET", url, timeout=_FETCH_TIMEOUT_SECONDS, retries=False, redirect=False)
    if response.status != 200:
        raise UnavailableError
    expected = {"kty": "RSA", "alg": "RS256", "use": "sig"}  # `alg` and `use` are optional (RFC 7517, 4.2 and 4.4).
    found = json.loads(response.data)["keys"]
    keys = {key["kid"]: key for key in found if key["kty"] == "RSA" and expected.items() <= {**expected, **key}.items()}
    if not keys:
        raise UnavailableError
    return keys
