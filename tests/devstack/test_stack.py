"""A stack is created once from its template, and an invalid template or a failed creation is an error."""

from pathlib import Path

import pytest

from devstack import clients, stack, tables
from devstack.errors import LocalError
from devstack.process import Service
from testkit.tables import list_tables

REGION = "us-east-1"


def test_stack_is_created_once(embedded: Service) -> None:
    first = stack.deploy(embedded.endpoint, REGION, name="once")
    assert stack.deploy(embedded.endpoint, REGION, name="once") == first
    assert first.user_pool_id.startswith(f"{REGION}_")
    assert set(first.tables) <= set(list_tables(clients.dynamodb_client(embedded.endpoint, REGION)))


def test_stacks_share_no_resources(embedded: Service) -> None:
    one, two = (stack.deploy(embedded.endpoint, REGION, name=name) for name in ("one", "two"))
    assert one.user_pool_id != two.user_pool_id
    assert one.dwipps_table != two.dwipps_table


def test_write_to_an_undeclared_table_is_refused(embedded: Service) -> None:
    """Each table that a test of the API writes to is therefore declared in deploy/data.yml."""
    stack.deploy(embedded.endpoint, REGION, name="declared")
    client = clients.dynamodb_client(embedded.endpoint, REGION)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.put_item(TableName="undeclared", Item={"pk": {"S": "echo#1"}})


def test_changed_template_makes_the_stack_outdated(embedded: Service, tmp_path: Path) -> None:
    stack.deploy(embedded.endpoint, REGION, name="old")
    assert not stack.is_outdated(embedded.endpoint, REGION, name="old")
    changed = tmp_path / "data.yml"
    changed.write_text(stack.TEMPLATE.read_text() + "# changed\n")
    assert stack.is_outdated(embedded.endpoint, REGION, name="old", template=changed)


def test_invalid_template_is_an_error(embedded: Service, tmp_path: Path) -> None:
    template = tmp_path / "data.yml"
    template.write_text("Resources: {Table: {Type: 'AWS::No::Such'}}\n")
    with pytest.raises(LocalError, match=r"data.yml: .*AWS::No::Such"):
        stack.deploy(embedded.endpoint, REGION, name="none", template=template)


def test_failed_stack_is_an_error(embedded: Service, tmp_path: Path) -> None:
    client = "{Type: 'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: us-east-1_none}}"
    template = tmp_path / "data.yml"
    template.write_text(f"Resources: {{Client: {client}}}\n")
    with pytest.raises(LocalError, match="could not create the stack: ROLLBACK_COMPLETE"):
        stack.deploy(embedded.endpoint, REGION, name="broken", template=template)


def test_tables_are_mirrored_once_with_keys_and_indexes(embedded: Service) -> None:
    settings = stack.deploy(embedded.endpoint, REGION, name="mirrored")
    source, target = (clients.dynamodb_client(embedded.endpoint, region) for region in (REGION, "eu-west-1"))
    tables.mirror(source, target, settings.tables)
    tables.mirror(source, target, settings.tables)
    for name in settings.tables:
        mirrored, original = (client.describe_table(TableName=name)["Table"] for client in (target, source))
        assert mirrored["KeySchema"] == original["KeySchema"]
        assert mirrored["AttributeDefinitions"] == original["AttributeDefinitions"]
        assert _get_indexes(mirrored) == _get_indexes(original)


def _get_indexes(table: object) -> object:
    assert isinstance(table, dict)
    compared = ("IndexName", "KeySchema", "Projection")
    return [{name: index[name] for name in compared} for index in table.get("GlobalSecondaryIndexes", [])]
