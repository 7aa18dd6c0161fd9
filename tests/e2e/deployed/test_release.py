"""A deployment publishes a version of a changed function, and the gateway calls the alias that names it."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from botocore.exceptions import WaiterError

from devstack import clients, deployment
from devstack.deployment import STACK, STAGE, Deployment
from devstack.ports import LOOPBACK
from devstack.state import StateFolder

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

pytestmark = pytest.mark.slow

_FUNCTION = f"dwipper-{STAGE}-api"
_ALIAS = "live"
_CACHE_SECONDS = "FEED_CACHE_SECONDS"
_FAILED_CACHE_SECONDS = "2"


@pytest.fixture
def functions(deployed: Deployment) -> "LambdaClient":
    return clients.lambda_client(deployed.aws.endpoint, deployed.settings.region)


@pytest.fixture
def redeploy(deployed: Deployment, state_folder: StateFolder) -> Iterator[Callable[[str], None]]:
    """Return a function that deploys again with a parameter of serverless.yml. Restore the deployment at the end."""

    def deploy(*parameters: str) -> None:
        options = [f"--param={parameter}" for parameter in parameters]
        deployment.deploy(deployed.aws.endpoint, deployed.settings.region, state_folder, *options)

    yield deploy
    deploy()


def _get_version(functions: "LambdaClient") -> str:
    return functions.get_alias(FunctionName=_FUNCTION, Name=_ALIAS)["FunctionVersion"]


def _get_cache_seconds(functions: "LambdaClient") -> str:
    configuration = functions.get_function_configuration(FunctionName=_FUNCTION, Qualifier=_ALIAS)
    return configuration["Environment"]["Variables"][_CACHE_SECONDS]


def _request_health(url: str) -> httpx.Response:
    """Send a request to the gateway on loopback, because the host name of the API does not resolve."""
    api = httpx.URL(url)
    loopback = api.copy_with(host=LOOPBACK, path=f"{api.path}/health")
    return httpx.get(loopback, headers={"Host": api.netloc.decode()}, trust_env=False)


def _update_with_failure(deployed: Deployment) -> str:
    """Change the function, and let the update fail after the alias has moved. Return the state of the stack."""
    stacks = clients.cloudformation_client(deployed.aws.endpoint, deployed.settings.region)
    template = json.loads(json.dumps(stacks.get_template(StackName=STACK)["TemplateBody"]))
    resources = template["Resources"]
    (version,) = [name for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Version"]
    resources["ApiVersionOfTest"] = resources.pop(version)
    alias = resources["ApiAlias"]["Properties"]
    alias["FunctionVersion"] = {"Fn::GetAtt": ["ApiVersionOfTest", "Version"]}
    resources["ApiLambdaFunction"]["Properties"]["Environment"]["Variables"][_CACHE_SECONDS] = _FAILED_CACHE_SECONDS
    resources["SecondAlias"] = {"Type": "AWS::Lambda::Alias", "DependsOn": "ApiAlias", "Properties": alias}
    stacks.update_stack(StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    with pytest.raises(WaiterError):
        stacks.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    return stacks.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]


def test_alias_moves_to_the_version_of_a_changed_function(
    deployed: Deployment, functions: "LambdaClient", redeploy: Callable[[str], None]
) -> None:
    before = _get_version(functions)
    assert before.isdecimal()
    assert _get_cache_seconds(functions) == "0"
    redeploy("feedCacheSeconds=1")
    after = _get_version(functions)
    assert int(after) > int(before)
    assert _get_cache_seconds(functions) == "1"
    listed = functions.list_versions_by_function(FunctionName=_FUNCTION)["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", after]
    assert _request_health(deployed.url).status_code == 200


def test_failed_deployment_returns_to_the_version_and_can_be_repeated(
    deployed: Deployment, functions: "LambdaClient", redeploy: Callable[[str], None]
) -> None:
    before = _get_version(functions)
    assert _update_with_failure(deployed) == "UPDATE_ROLLBACK_COMPLETE"
    assert (_get_version(functions), _get_cache_seconds(functions)) == (before, "0")
    assert _request_health(deployed.url).status_code == 200
    redeploy(f"feedCacheSeconds={_FAILED_CACHE_SECONDS}")
    assert int(_get_version(functions)) > int(before)
    assert _get_cache_seconds(functions) == _FAILED_CACHE_SECONDS


def test_gateway_may_call_the_alias_only(functions: "LambdaClient") -> None:
    policy = json.loads(functions.get_policy(FunctionName=_FUNCTION)["Policy"])
    arn = functions.get_function_configuration(FunctionName=_FUNCTION)["FunctionArn"]
    assert {statement["Resource"] for statement in policy["Statement"]} == {f"{arn}:{_ALIAS}"}
