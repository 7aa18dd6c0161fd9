"""A api for all tests of a file, whose calls to AWS can be watched and refused."""

import asyncio
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from devstack import stack
from testkit.api_client import Api, Transport, open_api
from testkit.aws_calls import AwsCalls
from tests.conftest import REGION

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """The api, and what it calls."""

    api: Api
    calls: AwsCalls
    _runner: asyncio.Runner

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(doing)


@contextmanager
def staged(endpoint: str, transport: Transport) -> Iterator[Stage]:
    """A stage on tables and a pool of its own."""
    settings = stack.deploy(endpoint, REGION, name=f"test-{uuid.uuid4().hex}")
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        calls = AwsCalls.watch(patch)
        opening = open_api(settings, endpoint, transport)
        yield Stage(runner.run(opening.__aenter__()), calls, runner)
        runner.run(opening.__aexit__(None, None, None))
