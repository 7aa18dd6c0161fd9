"""Targets of attacks, and the check that the attacks of a module changed nothing."""

import asyncio
from collections.abc import Iterator

import pytest

from devstack.process import Service
from testkit.forged_tokens import make_token
from tests.security.target import Target


@pytest.fixture(scope="module")
def target(embedded: Service) -> Iterator[Target]:
    """The target of all attacks of a module. Its tables must be unchanged after the last attack.

    It has fetched the pool's keys, and its clock allows another fetch at any time.
    """
    target = Target.from_endpoint(embedded.endpoint)
    asyncio.run(target.app.state.container.token_verifier.verify(make_token()))
    target.keys.now += 3600
    before = target.storage.rows()
    yield target
    assert target.storage.rows() == before


@pytest.fixture
def fresh_target(embedded: Service) -> Target:
    """A target of one test, which may change it."""
    return Target.from_endpoint(embedded.endpoint)
