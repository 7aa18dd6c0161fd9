"""An API for all tests of a module, with a record of its calls to AWS. Tests can make the calls fail."""

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
from testkit.limits import without_limits
from tests.conftest import REGION

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WatchedApi:
    """An API, its calls to AWS, and its event loop."""

    api: Api
    calls: AwsCalls
    _runner: asyncio.Runner

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)


@contextmanager
def open_watched_api(endpoint: str, transport: Transport) -> Iterator[WatchedApi]:
    """Open an API on new tables and a new user pool."""
    settings = without_limits(stack.deploy(endpoint, REGION, name=f"test-{uuid.uuid4().hex}"))
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        calls = AwsCalls.watch(patch)
        api_context = open_api(settings, endpoint, transport)
        yield WatchedApi(runner.run(api_context.__aenter__()), calls, runner)
        runner.run(api_context.__aexit__(None, None, None))
