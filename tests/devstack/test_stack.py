from pathlib import Path

import pytest

from devstack import clients, stack, tables
from devstack.errors import LocalError
from devstack.process import Service

REGION = "us-east-1"


def test_it_is_made_once_and_then_found(embedded: Service) -> None:
    first = stack.deploy(embedded.endpoint, REGION, name="once")
    assert stack.deploy(embedded.endpoint, REGION, name="once") == first
    assert first.user_pool_id.startswith(f"{REGION}_")
    present = clients.dynamodb(embedded.endpoint, REGION).list_tables()["TableNames"]
    assert {first.dwipps_table, first.reactions_table, first.members_table} <= set(present)


def test_two_stacks_share_nothing(embedded: Service) -> None:
    one, two = (stack.deploy(embedded.endpoint, REGION, name=name) for name in ("one", "two"))
    assert one.user_pool_id != two.user_pool_id
    assert one.dwipps_table != two.dwipps_table


def test_a_template_that_was_changed_is_noticed(embedded: Service, tmp_path: Path) -> None:
    stack.deploy(embedded.endpoint, REGION, name="old")
    assert not stack.is_outdated(embedded.endpoint, REGION, name="old")
    changed = tmp_path / "data.yml"
    changed.write_text(stack.TEMPLATE.read_text() + "# changed\n")
    assert stack.is_outdated(embedded.endpoint, REGION, name="old", template=changed)


def test_a_template_that_is_none_is_told(embedded: Service, tmp_path: Path) -> None:
    template = tmp_path / "data.yml"
    template.write_text("Resources: {Table: {Type: 'AWS::No::Such'}}\n")
    with pytest.raises(LocalError, match=r"data.yml: .*AWS::No::Such"):
        stack.deploy(embedded.endpoint, REGION, name="none", template=template)


def test_a_stack_that_fails_is_told(embedded: Service, tmp_path: Path) -> None:
    client = "{Type: 'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: us-east-1_none}}"
    template = tmp_path / "data.yml"
    template.write_text(f"Resources: {{Client: {client}}}\n")
    with pytest.raises(LocalError, match="The stack is ROLLBACK_COMPLETE"):
        stack.deploy(embedded.endpoint, REGION, name="broken", template=template)


def test_tables_are_mirrored_with_keys_and_indexes_once(embedded: Service) -> None:
    settings = stack.deploy(embedded.endpoint, REGION, name="mirrored")
    source, target = (clients.dynamodb(embedded.endpoint, region) for region in (REGION, "eu-west-1"))
    names = (settings.dwipps_table, settings.reactions_table, settings.members_table)
    tables.mirror(source, target, names)
    tables.mirror(source, target, names)
    for name in names:
        there, here = (client.describe_table(TableName=name)["Table"] for client in (target, source))
        assert there["KeySchema"] == here["KeySchema"]
        assert there["AttributeDefinitions"] == here["AttributeDefinitions"]
        assert _indexes(there) == _indexes(here)


def _indexes(table: object) -> object:
    assert isinstance(table, dict)
    kept = ("IndexName", "KeySchema", "Projection")
    return [{name: index[name] for name in kept} for index in table.get("GlobalSecondaryIndexes", [])]
