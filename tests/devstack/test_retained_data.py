"""A stack that is created again gets the tables and the user pool that its removal left behind."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from devstack import clients, retained_data, stack
from devstack.errors import LocalError
from devstack.process import Service
from tests.conftest import REGION

_RETAINED = {"DeletionPolicy": "Retain"}
_TABLE_PROPERTIES = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
# osls deploys a template in JSON, with resources that are not retained.
TEMPLATE = {
    "Resources": {
        "Table": _RETAINED | {"Type": "AWS::DynamoDB::Table", "Properties": _TABLE_PROPERTIES},
        "UserPool": _RETAINED | {"Type": "AWS::Cognito::UserPool", "Properties": {"UsernameAttributes": ["email"]}},
        "Group": _RETAINED
        | {
            "Type": "AWS::Cognito::UserPoolGroup",
            "Properties": {"UserPoolId": {"Ref": "UserPool"}, "GroupName": "moderators"},
        },
        "Topic": {"Type": "AWS::SNS::Topic"},
    },
    "Outputs": {"Topic": {"Value": {"Ref": "Topic"}}},
}
ROW = {"pk": {"S": "handle#kay"}}


class Deployment:
    """A stack of the template."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.name = f"retained-{uuid.uuid4()}"
        self.cloudformation = clients.cloudformation_client(endpoint, REGION)
        self.dynamodb = clients.dynamodb_client(endpoint, REGION)

    def create(self) -> dict[str, str]:
        """Create the stack, and return its physical ids by logical id."""
        self.cloudformation.create_stack(StackName=self.name, TemplateBody=json.dumps(TEMPLATE))
        self._wait_for("CREATE_COMPLETE")
        return self.list_ids()

    def list_ids(self) -> dict[str, str]:
        """Return the physical ids by logical id."""
        resources = self.cloudformation.describe_stack_resources(StackName=self.name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}

    def remove(self) -> None:
        """Remove the stack, except for its retained resources."""
        self.cloudformation.delete_stack(StackName=self.name)
        deadline = time.monotonic() + 10
        while stack.exists(self.cloudformation, self.name):
            assert time.monotonic() < deadline, "the stack still exists"
            time.sleep(0.05)

    def _wait_for(self, status: str) -> None:
        deadline = time.monotonic() + 10
        while self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"] != status:
            assert time.monotonic() < deadline, f"the stack is not {status}"
            time.sleep(0.05)


@pytest.fixture
def deployment(embedded: Service) -> Iterator[Deployment]:
    deployment = Deployment(embedded.endpoint)
    yield deployment
    if stack.exists(deployment.cloudformation, deployment.name):
        deployment.remove()


def test_table_pool_and_group_return_with_their_data(deployment: Deployment, tmp_path: Path) -> None:
    arguments: Any = (deployment.endpoint, REGION, deployment.name, tmp_path / "retained.json")
    ids = deployment.create()
    deployment.dynamodb.put_item(TableName=ids["Table"], Item=ROW)
    retained_data.record(*arguments)
    deployment.remove()
    assert retained_data.restore(*arguments)
    assert deployment.list_ids() == {"Table": ids["Table"], "UserPool": ids["UserPool"], "Group": "moderators"}
    assert deployment.dynamodb.get_item(TableName=ids["Table"], Key=ROW)["Item"] == ROW


def test_existing_stack_and_missing_record_change_nothing(deployment: Deployment, tmp_path: Path) -> None:
    arguments: Any = (deployment.endpoint, REGION, deployment.name, tmp_path / "retained.json")
    assert not retained_data.restore(*arguments)
    ids = deployment.create()
    retained_data.record(*arguments)
    assert not retained_data.restore(*arguments)
    assert deployment.list_ids() == ids


def test_record_without_a_stack_is_an_error(embedded: Service, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="Nothing is deployed"):
        retained_data.record(embedded.endpoint, REGION, "no-such-stack", tmp_path / "retained.json")
    assert list(tmp_path.iterdir()) == []


def test_missing_table_is_an_error(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "retained.json"
    table = deployment.create()["Table"]
    retained_data.record(deployment.endpoint, REGION, deployment.name, path)
    deployment.remove()
    content = path.read_text()
    path.write_text(content.replace(table, "another-table"))
    with pytest.raises((LocalError, ClientError), match="another-table"):
        retained_data.restore(deployment.endpoint, REGION, deployment.name, path)
    # The failed import does not keep a later one from succeeding.
    path.write_text(content)
    assert retained_data.restore(deployment.endpoint, REGION, deployment.name, path)
