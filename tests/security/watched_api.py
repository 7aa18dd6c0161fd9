"""A world for all tests of a file, whose calls to AWS can be watched and refused."""

import asyncio
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from devstack import stack
from testkit.api_client import Transport, World, world
from testkit.aws_calls import Calls
from tests.conftest import REGION

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """The world, and what it calls."""

    world: World
    calls: Calls
    _runner: asyncio.Runner

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(doing)


@contextmanager
def staged(endpoint: str, transport: Transport) -> Iterator[Stage]:
    """A stage on tables and a pool of its own."""
    settings = stack.deploy(endpoint, REGION, name=f"test-{uuid.uuid4().hex}")
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        calls = Calls.of(patch)
        opening = world(settings, endpoint, transport)
        yield Stage(runner.run(opening.__aenter__()), calls, runner)
        runner.run(opening.__aexit__(None, None, None))
