"""The names of a stage's resources begin as the roles of the stage expect."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.paths import ROOT
from testkit.templates import load_template
from tests.infrastructure.packaging import STAGE_TEMPLATES

# CloudFormation gives these a random name without the name of the stack, if they have none.
_TYPES_TO_NAME = {"AWS::SecretsManager::Secret", "AWS::WAFv2::WebACL"}
_NAMES = {
    *("AlarmName", "ApplicationName", "DashboardName", "DeploymentGroupName", "FunctionName", "LogGroupName"),
    *("QueueName", "RoleName", "RuleName", "TableName", "TopicName"),
}
_PREFIXES = (
    "dwipper-${Stage}",
    "${AWS::StackName}",
    "/aws/apigateway/dwipper-${Stage}",
    "/aws/lambda/dwipper-${Stage}",
)


def _find_resources(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the types and the properties of the resources in a part of a template."""
    if isinstance(node, dict):
        if str(node.get("Type", "")).startswith("AWS::"):
            yield node["Type"], node.get("Properties", {})
        for child in node.values():
            yield from _find_resources(child)


def _find_wrong_names(file: Path) -> list[str]:
    wrong = []
    for resource_type, properties in _find_resources(load_template(file)):
        names = {key: value for key, value in properties.items() if key in _NAMES}
        if resource_type in _TYPES_TO_NAME:
            names["Name"] = properties.get("Name")
        wrong += [f"{resource_type}: {key}: {value}" for key, value in names.items() if not _is_of_stage(value)]
    return wrong


def _is_of_stage(value: Any) -> bool:
    """Return True if a name begins with the name of the stage, or refers to a resource that has its own name."""
    return isinstance(value, dict) and ("Ref" in value or str(value.get("Sub", "")).startswith(_PREFIXES))


@pytest.mark.parametrize("file", STAGE_TEMPLATES, ids=lambda file: file.stem)
def test_names_begin_with_the_name_of_the_stage(file: Path) -> None:
    assert _find_wrong_names(file) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("firewall.yml", "Name: !Sub dwipper-${Stage} #", "Description: none #"),
        ("firewall.yml", "Name: !Sub dwipper-${Stage} #", "Name: dwipper #"),
        ("alarms.yml", "TopicName: !Sub dwipper-${Stage}-", "TopicName: !Sub ${Stage}-dwipper-"),
        ("gateway.yml", "/aws/apigateway/dwipper-", "/aws/apigateway/"),
    ],
    ids=["web-acl-without-a-name", "web-acl-of-all-stages", "topic", "log-group"],
)
def test_wrong_name_is_found(file: str, old: str, new: str, tmp_path: Path) -> None:
    text = (ROOT / "deploy" / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new))
    assert len(_find_wrong_names(tmp_path / file)) == 1
