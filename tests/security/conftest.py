"""The targets of attacks. One of them checks that the attacks of a module change no table."""

import asyncio
from collections.abc import Iterator

import pytest

from devstack.process import Service
from testkit.forged_tokens import make_token
from tests.security.target import Target


@pytest.fixture(scope="module")
def target(embedded: Service) -> Iterator[Target]:
    """Yield one target for all attacks of a module. Check after them that the tables are unchanged.

    The target has fetched the pool's keys. Its clock would allow another fetch.
    """
    target = Target.from_endpoint(embedded.endpoint)
    asyncio.run(target.app.state.container.token_verifier.verify(make_token()))
    target.keys.now += 3600
    before = target.storage.load_rows()
    yield target
    assert target.storage.load_rows() == before


@pytest.fixture
def fresh_target(embedded: Service) -> Target:
    """Return a target for a single test. The test may change the tables."""
    return Target.from_endpoint(embedded.endpoint)
