"""A table is restored and put into use as docs/recovery.md describes, and taken out of use again."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from devstack import clients, deployment
from devstack.deployment import FUNCTIONS, STAGE, Deployment
from devstack.state import StateFolder
from scripts import restore

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

pytestmark = pytest.mark.slow

_ROW: dict[str, Any] = {"pk": {"S": "handle#of-the-rehearsal"}}


@pytest.fixture
def deploy(deployed: Deployment, state_folder: StateFolder) -> Iterator[Any]:
    """Return a function that deploys again with settings. Restore the deployment at the end."""

    def deploy(**settings: str) -> None:
        deployment.deploy(deployed.aws.endpoint, deployed.settings.region, state_folder, **settings)

    yield deploy
    deploy(RESTORED_MEMBERS_TABLE="none")


def _read_tables(functions: "LambdaClient") -> set[str]:
    """Return the members tables that the functions use."""
    configurations: list[Mapping[str, Any]] = [
        functions.get_function_configuration(FunctionName=name) for name in FUNCTIONS
    ]
    return {configuration["Environment"]["Variables"]["MEMBERS_TABLE"] for configuration in configurations}


def _restore_members(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> str:
    """Restore the members table. Return the name of the new table."""
    for name, value in {**deployed.env, "AWS_ENDPOINT_URL": deployed.aws.endpoint}.items():
        monkeypatch.setenv(name, value)
    # In the embedded AWS, only the present second can be restored.
    monkeypatch.setattr(restore, "_check_moment", lambda *_: None)
    assert restore.main([STAGE, "2026-11-26T18:00:00Z", "Members"], os.environ) == 0
    dynamodb = clients.dynamodb_client(deployed.aws.endpoint, deployed.settings.region)
    prefix = f"{deployed.settings.members_table}-restored-"
    (restored,) = [name for name in dynamodb.list_tables()["TableNames"] if name.startswith(prefix)]
    return restored


def test_functions_use_the_restored_table_until_it_is_taken_out_of_use(
    deployed: Deployment, deploy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, region, original = deployed.aws.endpoint, deployed.settings.region, deployed.settings.members_table
    dynamodb, functions = clients.dynamodb_client(endpoint, region), clients.lambda_client(endpoint, region)
    dynamodb.put_item(TableName=original, Item=_ROW)
    restored = _restore_members(deployed, monkeypatch)
    dynamodb.delete_item(TableName=original, Key=_ROW)
    assert dynamodb.get_item(TableName=restored, Key=_ROW)["Item"] == _ROW
    assert _read_tables(functions) == {original}
    deploy(RESTORED_MEMBERS_TABLE=restored)
    assert _read_tables(functions) == {restored}
    deploy()
    assert _read_tables(functions) == {restored}
    deploy(RESTORED_MEMBERS_TABLE="none")
    assert _read_tables(functions) == {original}
