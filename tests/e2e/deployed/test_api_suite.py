"""Tests of tests/api pass against the deployment too: through API Gateway, the authorizer and the role."""

import importlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from devstack.deployment import Deployment
from devstack.paths import ROOT
from testkit.api_client import Api
from tests.e2e.deployed.deployed_api import open_deployed_api

pytestmark = pytest.mark.slow

ApiTest = Callable[[Api], Awaitable[None]]

API_TESTS = ROOT / "tests" / "api"


def _collect_api_tests() -> list[ApiTest]:
    """Return the test functions whose only fixture is `api`, except those marked `in_process`."""
    modules = [importlib.import_module(f"tests.api.{path.stem}") for path in sorted(API_TESTS.glob("test_*.py"))]
    tests = [value for module in modules for name, value in vars(module).items() if name.startswith("test_")]
    return [test for test in tests if list(inspect.signature(test).parameters) == ["api"] and not _is_in_process(test)]


def _is_in_process(test: ApiTest) -> bool:
    return any(mark.name == "in_process" for mark in getattr(test, "pytestmark", ()))


@pytest.fixture
async def api(deployed: Deployment) -> AsyncIterator[Api]:
    """Open the API of the deployment, without data."""
    async with open_deployed_api(deployed) as api:
        yield api


@pytest.mark.parametrize("test", _collect_api_tests(), ids=lambda test: test.__name__.removeprefix("test_"))
async def test_passes_against_the_deployment(test: ApiTest, api: Api) -> None:
    await test(api)
