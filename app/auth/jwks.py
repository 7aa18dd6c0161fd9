"""The JSON Web Key Set of the user pool: the public keys of its tokens."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.aws import http
from app.aws.errors import record_call
from app.errors import UnauthenticatedError, UnavailableError
from app.observability import request_context

_REFRESH_INTERVAL_SECONDS = 30.0
_FAILURE_RETRY_SECONDS = 5.0
_FETCH_TIMEOUT_SECONDS = 5

# The names of the fetch in the log. It is no call of an SDK.
_SERVICE = "cognito-identity-provider"
_OPERATION = "GetKeys"

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
        self._error: Exception | None = None  # The error of the last fetch.
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
        if self._error is not None:
            raise UnavailableError from self._error
        raise UnauthenticatedError

    async def _refresh(self) -> None:
        if self._fetch_task is None or self._fetch_task.done():
            interval = _FAILURE_RETRY_SECONDS if self._error else _REFRESH_INTERVAL_SECONDS
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
            record_call(error, _SERVICE, _OPERATION)
            self._error = error
        else:
            self._error = None


def fetch_keys(url: str) -> Keys:
    """Fetch a JSON Web Key Set (RFC 7517), and return its keys for RS256 signatures by `kid`.

    Raises:
        Exception: of any type, if there is no valid response within a few seconds.
    """
    expected = {"kty": "RSA", "alg": "RS256", "use": "sig"}  # `alg` and `use` are optional (RFC 7517, 4.2 and 4.4).
    content = http.get(url, _FETCH_TIMEOUT_SECONDS)
    try:
        found = [key for key in json.loads(content)["keys"] if key["kty"] == "RSA"]
        keys = {key["kid"]: key for key in found if expected.items() <= {**expected, **key}.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise http.UnreadableResponseError("The key set cannot be read.") from error
    if not keys:
        raise http.UnreadableResponseError("The key set has no key for RS256.")
    return keys
