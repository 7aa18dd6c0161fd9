"""A deployment publishes a version of a changed function, and the gateway calls the alias that names it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from devstack import clients, deployment, stage
from devstack.deployment import STAGE, Deployment
from devstack.state import StateFolder

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

_FUNCTION = f"dwipper-{STAGE}-api"
_ALIAS = "live"
_CACHE_SECONDS = "FEED_CACHE_SECONDS"


@pytest.fixture
def functions(deployed: Deployment) -> "LambdaClient":
    return clients.lambda_client(deployed.aws.endpoint, deployed.settings.region)


@pytest.fixture
def redeploy(
    deployed: Deployment, state_folder: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Return a function that deploys again with a parameter of serverless.yml. Restore the deployment at the end."""
    parts = stage._DISABLED_PARTS

    def deploy(*parameters: str) -> None:
        monkeypatch.setattr(stage, "_DISABLED_PARTS", (*parts, *parameters))
        deployment.deploy(deployed.aws.endpoint, deployed.settings.region, state_folder)

    yield deploy
    deploy()


def _get_version(functions: "LambdaClient") -> str:
    return functions.get_alias(FunctionName=_FUNCTION, Name=_ALIAS)["FunctionVersion"]


def _get_cache_seconds(functions: "LambdaClient") -> str:
    configuration = functions.get_function_configuration(FunctionName=_FUNCTION, Qualifier=_ALIAS)
    return configuration["Environment"]["Variables"][_CACHE_SECONDS]


def test_alias_moves_to_the_version_of_a_changed_function(
    deployed: Deployment, functions: "LambdaClient", redeploy: Callable[[str], None]
) -> None:
    before = _get_version(functions)
    assert before.isdecimal()
    assert _get_cache_seconds(functions) == "0"
    redeploy("--param=feedCacheSeconds=1")
    after = _get_version(functions)
    assert int(after) > int(before)
    assert _get_cache_seconds(functions) == "1"
    listed = functions.list_versions_by_function(FunctionName=_FUNCTION)["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", after]
    assert httpx.get(f"{deployed.url}/health").status_code == 200


def test_gateway_may_call_the_alias_only(functions: "LambdaClient", deployed: Deployment) -> None:
    assert f":function:{_FUNCTION}:{_ALIAS}" in functions.get_policy(FunctionName=_FUNCTION, Qualifier=_ALIAS)["Policy"]
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_policy(FunctionName=_FUNCTION)
