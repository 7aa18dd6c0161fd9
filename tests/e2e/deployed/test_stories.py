"""The tests of the API run once more against the deployment: through API Gateway, the authorizer and the role."""

import importlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from devstack.deployment import Deployment
from testkit.api_client import Api
from tests.e2e.deployed.deployed_api import behind

pytestmark = pytest.mark.slow

ApiTest = Callable[[Api], Awaitable[None]]

API_TESTS = Path(__file__).parents[2] / "api"


def _api_tests() -> list[ApiTest]:
    """Return the tests that need nothing but the API."""
    modules = [importlib.import_module(f"tests.api.{path.stem}") for path in sorted(API_TESTS.glob("test_*.py"))]
    functions = [each for module in modules for name, each in vars(module).items() if name.startswith("test_")]
    return [each for each in functions if list(inspect.signature(each).parameters) == ["api"] and not _in_process(each)]


def _in_process(test: ApiTest) -> bool:
    return any(mark.name == "in_process" for mark in getattr(test, "pytestmark", ()))


@pytest.fixture
async def api(deployed: Deployment) -> AsyncIterator[Api]:
    async with behind(deployed) as api:
        yield api


@pytest.mark.parametrize("test", _api_tests(), ids=lambda test: test.__name__.removeprefix("test_"))
async def test_the_deployment_passes_it(test: ApiTest, api: Api) -> None:
    await test(api)
