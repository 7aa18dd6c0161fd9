"""A client that asks again until it is answered, and what is known of all its requests."""

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

from devstack.api import ROOT


class NeverAnsweredError(AssertionError):
    """A request was refused for the moment, again and again."""


@dataclass(slots=True)
class Record:
    """What was answered, and how long it took."""

    answers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    repeated: int = 0

    @classmethod
    def of(cls, records: Iterable[Self]) -> Self:
        """All of them as one."""
        together = cls()
        for record in records:
            together.answers += record.answers
            together.seconds += record.seconds
            together.repeated += record.repeated
        return together


@dataclass(slots=True)
class Client:
    """Somebody who hears of a refusal for the moment and asks again, as the API tells clients to.

    Attributes:
        record: where all its requests are noted.
        pause: seconds between them.
        tries: how often it asks before it gives up.
        first: what is there around the first request of each wish.
    """

    record: Record = field(default_factory=Record)
    pause: float = 0
    tries: int = 5
    first: Callable[[], AbstractContextManager[None]] = nullcontext

    async def ask(self, http: httpx.AsyncClient, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer to one request, which is the wish or a refusal for the moment."""
        with self.first():
            answer = await self._send(http, method, path, **options)
        assert answer.is_success or is_for_the_moment(answer), _words(answer)
        return answer

    async def insist(
        self, http: httpx.AsyncClient, method: str, path: str, *, explained: tuple[str, ...] = (), **options: Any
    ) -> httpx.Response:
        """The answer to the last request: a success, or a refusal that an earlier try, which was not heard, explains.

        Raises:
            NeverAnsweredError: if there is none.
        """
        answer = await self.ask(http, method, path, **options)
        for _ in range(self.tries):
            if answer.is_success or slug(answer) in explained:
                return answer
            await asyncio.sleep(self.pause)
            self.record.repeated += 1
            answer = await self._send(http, method, path, **options)
            assert answer.is_success or is_for_the_moment(answer) or slug(answer) in explained, _words(answer)
        raise NeverAnsweredError(_words(answer))

    async def be_refused(self, http: httpx.AsyncClient, method: str, path: str, *why: str, **options: Any) -> None:
        """Ask until there is an answer, which has to be a refusal of one of these kinds."""
        answer = await self.answered(http, method, path, **options)
        assert slug(answer) in why, _words(answer)

    async def answered(self, http: httpx.AsyncClient, method: str, path: str, **options: Any) -> httpx.Response:
        """The first answer that is no refusal for the moment, whatever it is.

        Raises:
            NeverAnsweredError: if there is none.
        """
        for _ in range(self.tries):
            answer = await self._send(http, method, path, **options)
            if not is_for_the_moment(answer):
                return answer
            await asyncio.sleep(self.pause)
        raise NeverAnsweredError(path)

    async def _send(self, http: httpx.AsyncClient, method: str, path: str, **options: Any) -> httpx.Response:
        begun = time.monotonic()
        answer = await http.request(method, path, **options)
        self.record.seconds.append(time.monotonic() - begun)
        self.record.answers[f"{answer.status_code} {slug(answer)}".rstrip()] += 1
        assert str(answer.status_code) in _documented(method, path), _words(answer)
        return answer


def slug(answer: httpx.Response) -> str:
    """Which problem the answer is; empty where it is none."""
    return "" if answer.is_success else str(answer.json()["type"]).rpartition(":")[2]


def is_for_the_moment(answer: httpx.Response) -> bool:
    """Whether the client is told to ask again."""
    is_problem = answer.headers["content-type"] == "application/problem+json"
    return answer.status_code in (429, 503) and is_problem and int(answer.headers["retry-after"]) > 0


def _documented(method: str, path: str) -> Container[str]:
    """The statuses that the spec has for an operation."""
    paths = _spec()["paths"]
    template = next(name for name in paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", name), path))
    statuses: dict[str, Any] = paths[template][method.lower()]["responses"]
    return statuses


@cache
def _spec() -> Any:
    return json.loads((ROOT / "openapi.json").read_text())


def _words(answer: httpx.Response) -> str:
    return f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
