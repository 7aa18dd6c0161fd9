"""A client that retries as the API asks, and the statistics of its requests."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

import httpx

from devstack.paths import ROOT


class RetriesExhaustedError(AssertionError):
    """Each attempt of a request got a transient error."""


@dataclass(slots=True)
class RequestStatistics:
    """The responses by status and problem type, the duration of each request in seconds, and the number of retries."""

    responses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    retries: int = 0

    @classmethod
    def from_parts(cls, parts: Iterable[Self]) -> Self:
        """Return the sum of several statistics."""
        total = cls()
        for part in parts:
            total.responses += part.responses
            total.seconds += part.seconds
            total.retries += part.retries
        return total


@dataclass(slots=True)
class RetryingClient:
    """A client that retries after transient errors, as the API asks.

    Attributes:
        statistics: the statistics of all requests.
        pause_seconds: the pause before each retry.
        max_attempts: the number of attempts until RetriesExhaustedError.
        around_first_attempt: makes a context for the first attempt of `send_once` and `send`, such as fault injection.
    """

    statistics: RequestStatistics = field(default_factory=RequestStatistics)
    pause_seconds: float = 0
    max_attempts: int = 5
    around_first_attempt: Callable[[], AbstractContextManager[None]] = nullcontext

    async def send_once(self, http: httpx.AsyncClient, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request once. Return the response, which must be a success or a transient error."""
        with self.around_first_attempt():
            response = await self._send(http, method, path, **options)
        assert response.is_success or is_transient_error(response), _describe(response)
        return response

    async def send(
        self,
        http: httpx.AsyncClient,
        method: str,
        path: str,
        *,
        accepted_on_retry: tuple[str, ...] = (),
        **options: Any,
    ) -> httpx.Response:
        """Send a request, and retry it after transient errors. Return the last response.

        Args:
            http: the client to send with.
            method: the HTTP method.
            path: the path.
            accepted_on_retry: the slugs of problems that a retry may get if an earlier attempt took effect.
            options: the request options of httpx.

        Raises:
            RetriesExhaustedError: if there are only transient errors.
        """
        response = await self.send_once(http, method, path, **options)
        for _ in range(self.max_attempts):
            if response.is_success or problem_slug(response) in accepted_on_retry:
                return response
            await asyncio.sleep(self.pause_seconds)
            self.statistics.retries += 1
            response = await self._send(http, method, path, **options)
            is_final = response.is_success or problem_slug(response) in accepted_on_retry
            assert is_final or is_transient_error(response), _describe(response)
        raise RetriesExhaustedError(_describe(response))

    async def assert_refused(
        self, http: httpx.AsyncClient, method: str, path: str, *problems: str, **options: Any
    ) -> None:
        """Send a request, and retry it after transient errors. Assert that the response is one of these problems."""
        response = await self._send_until_final(http, method, path, **options)
        assert problem_slug(response) in problems, _describe(response)

    async def _send_until_final(
        self, http: httpx.AsyncClient, method: str, path: str, **options: Any
    ) -> httpx.Response:
        """Send a request until the response is not a transient error. Return that response.

        Raises:
            RetriesExhaustedError: if there are only transient errors.
        """
        for _ in range(self.max_attempts):
            response = await self._send(http, method, path, **options)
            if not is_transient_error(response):
                return response
            await asyncio.sleep(self.pause_seconds)
        raise RetriesExhaustedError(path)

    async def _send(self, http: httpx.AsyncClient, method: str, path: str, **options: Any) -> httpx.Response:
        started_at = time.monotonic()
        response = await http.request(method, path, **options)
        self.statistics.seconds.append(time.monotonic() - started_at)
        self.statistics.responses[f"{response.status_code} {problem_slug(response)}".rstrip()] += 1
        assert str(response.status_code) in _get_documented_statuses(method, path), _describe(response)
        return response


def problem_slug(response: httpx.Response) -> str:
    """Return the slug of the problem type. Empty for a success."""
    return "" if response.is_success else str(response.json()["type"]).rpartition(":")[2]


def is_transient_error(response: httpx.Response) -> bool:
    """Return True if the response asks the client to retry."""
    is_problem = response.headers["content-type"] == "application/problem+json"
    return response.status_code in (429, 503) and is_problem and int(response.headers["retry-after"]) > 0


def _get_documented_statuses(method: str, path: str) -> Container[str]:
    paths = _load_document()["paths"]
    template = next(name for name in paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", name), path))
    statuses: dict[str, Any] = paths[template][method.lower()]["responses"]
    return statuses


@cache
def _load_document() -> Any:
    return json.loads((ROOT / "openapi.json").read_text())


def _describe(response: httpx.Response) -> str:
    return f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text}"
