"""CloudFormation's role can delete all that it creates, except the data: a removal and a rollback delete resources."""

import re

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from devstack.paths import ROOT
from testkit.templates import load_template
from tests.infrastructure import policies
from tests.infrastructure.iam import REGION, Template
from tests.infrastructure.packaging import STAGE_TEMPLATES

_TEMPLATE = Template(load_template(ROOT / "deploy" / "roles.yml"), Stage="dev", DomainName="dev.example.org")
_TYPE = re.compile(r"Type: (AWS::\w+::\w+)$", re.MULTILINE)
_TYPES = {
    *(match for file in STAGE_TEMPLATES for match in _TYPE.findall(file.read_text())),
    # osls adds these to the functions and events of serverless.yml.
    *(
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::RestApi",
    ),
    *("AWS::Events::Rule", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function", "AWS::Lambda::Permission"),
    *("AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"),
}
# Data is retained.
_DATA_ACTIONS = {"cognito-idp:DeleteGroup", "cognito-idp:DeleteUserPool", "dynamodb:DeleteTable"}
# Actions for what we do not use: keys, networks, attached policies, replicas, and firewalls of other services.
_UNUSED_ACTIONS = re.compile(
    r"kms:|ec2:|iam:DetachRolePolicy|logs:DeleteDataProtectionPolicy|secretsmanager:RemoveRegionsFromReplication|"
    r"wafv2:PutPermissionPolicy|(amplify|apprunner|appsync|bedrock-agentcore|cognito-idp|elasticloadbalancing):.*WebACL",
    re.IGNORECASE,
)


def _find_delete_actions(resource_type: str) -> set[str]:
    """Return the actions with which CloudFormation deletes a resource, according to the schema of its type."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource_type).schema
    return set(schema.get("handlers", {}).get("delete", {}).get("permissions", []))


@pytest.mark.parametrize("resource_type", sorted(_TYPES))
def test_resource_can_be_deleted(resource_type: str) -> None:
    allowed = policies.find_actions(list(_TEMPLATE.find_documents("CloudFormationRole")))
    required = {action for action in _find_delete_actions(resource_type) if not _UNUSED_ACTIONS.match(action)}
    assert required - _DATA_ACTIONS <= allowed


def test_schemas_name_the_actions_of_a_deletion() -> None:
    assert "s3:DeleteBucket" in _find_delete_actions("AWS::S3::Bucket")
    assert "s3:DeleteBucketPolicy" in _find_delete_actions("AWS::S3::BucketPolicy")
    assert set().union(*map(_find_delete_actions, _TYPES)) >= _DATA_ACTIONS


def test_pipeline_cannot_delete_a_stack_but_empties_its_bucket() -> None:
    # `osls remove` lists and deletes the objects of its bucket, which keeps no versions, and then deletes the stack:
    # node_modules/osls/lib/plugins/aws/remove
    deployer = policies.find_actions(list(_TEMPLATE.find_documents("DeployPolicy")))
    assert {"s3:DeleteObject", "s3:ListBucket"} <= deployer
    assert "cloudformation:DeleteStack" not in deployer
