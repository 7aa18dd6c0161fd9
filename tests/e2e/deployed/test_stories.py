"""Every story a third time: of the deployment, through API Gateway, the authorizer and the role."""

import asyncio
import importlib
from pathlib import Path

import pytest

from devstack.deployment import Deployment
from testkit.story import Story
from tests.e2e.deployed.deployed_api import behind

pytestmark = pytest.mark.slow

STORIES = Path(__file__).parents[2] / "api"


def _stories() -> list[Story]:
    modules = [importlib.import_module(f"tests.api.{path.stem}") for path in sorted(STORIES.glob("test_*.py"))]
    tests = [each for module in modules for each in vars(module).values() if hasattr(each, "tell")]
    return [test.tell for test in tests if not test.is_inside]


@pytest.mark.parametrize("tell", _stories(), ids=lambda tell: tell.__name__.removeprefix("test_"))
def test_it_is_true_of_the_deployment_too(tell: Story, deployed: Deployment) -> None:
    async def telling() -> None:
        async with behind(deployed) as world:
            await tell(world)

    asyncio.run(telling())
