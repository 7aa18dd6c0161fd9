"""Targets, and the proof that they were not hit."""

import asyncio
from collections.abc import Iterator

import pytest

from devstack.process import Service
from testkit.forged_tokens import token
from tests.security.target import Target


@pytest.fixture(scope="module")
def target(embedded: Service) -> Iterator[Target]:
    """One that all attacks of a file are made on: after the last of them it holds what it held before the first.

    It holds the pool's keys, and could fetch them anew at any time.
    """
    target = Target.at(embedded.endpoint)
    asyncio.run(target.app.state.container.tokens.claims(token()))
    target.keys.now += 3600
    before = target.stored.rows()
    yield target
    assert target.stored.rows() == before


@pytest.fixture
def fresh_target(embedded: Service) -> Target:
    """One that may be changed."""
    return Target.at(embedded.endpoint)
