"""A deployer can neither delete members' data, nor create a role with more permissions than the functions."""

import json
import re
from typing import Any

import pytest

from devstack.paths import ROOT
from testkit.templates import load_template
from tests.infrastructure import policies

_ROLES = load_template(ROOT / "deploy" / "roles.yml")["Resources"]
_GITHUB = load_template(ROOT / "deploy" / "github-oidc.yml")
_FUNCTION_ROLES = load_template(ROOT / "deploy" / "role.yml")["Resources"]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_INLINE_POLICIES = 10_240


def _get_statement(sid: str) -> dict[str, Any]:
    (match,) = [statement for statement in policies.find_statements(_ROLES) if statement.get("Sid") == sid]
    return match


def test_deployer_cannot_delete_data_or_images_or_make_moderators() -> None:
    allowed = policies.find_actions({name: role for name, role in _ROLES.items() if name != "FunctionBoundary"})
    forbidden = {
        "cognito-idp:AdminAddUserToGroup",
        "cognito-idp:AdminDeleteUser",
        "cognito-idp:DeleteGroup",
        "cognito-idp:DeleteUserPool",
        "dynamodb:DeleteItem",
        "dynamodb:DeleteTable",
        "ecr:BatchDeleteImage",
        "ecr:SetRepositoryPolicy",
    }
    assert allowed & forbidden == set()


class TestBoundary:
    def test_roles_are_created_only_with_the_boundary(self) -> None:
        condition = {"StringEquals": {"iam:PermissionsBoundary": {"Ref": "FunctionBoundary"}}}
        assert _get_statement("BoundedRoles")["Condition"] == condition
        bounded = {"iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
        assert bounded <= set(_get_statement("BoundedRoles")["Action"])
        others = [statement for statement in policies.find_statements(_ROLES) if statement.get("Sid") != "BoundedRoles"]
        forbidden = bounded | {"iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion"}
        assert policies.find_actions(others) & forbidden == set()

    def test_boundary_has_the_actions_of_both_functions(self) -> None:
        boundary = policies.find_actions(_ROLES["FunctionBoundary"])
        role_policies = [role["Properties"]["Policies"] for role in _FUNCTION_ROLES.values()]
        assert len(role_policies) == 2
        assert boundary == policies.find_actions(role_policies)

    @pytest.mark.parametrize("role", _FUNCTION_ROLES)
    def test_both_roles_have_the_boundary_and_may_be_created(self, role: str) -> None:
        boundary = {"If": ["FunctionIsBounded", {"Ref": "FunctionBoundary"}, {"Ref": "AWS::NoValue"}]}
        assert _FUNCTION_ROLES[role]["Properties"]["PermissionsBoundary"] == boundary
        for sid in ("BoundedRoles", "Roles", "PassFunctionRoles"):
            assert f"role/dwipper-${{Stage}}-{role}-*" in str(_get_statement(sid)["Resource"])


@pytest.mark.parametrize("sid", ["CreateMapping", "Mapping"])
def test_only_the_worker_can_be_mapped_to_a_queue(sid: str) -> None:
    (function,) = _get_statement(sid)["Condition"]["ArnEquals"].values()
    assert function["Sub"].endswith(":function:dwipper-${Stage}-worker")


def test_inline_policies_are_within_the_quota_of_iam() -> None:
    text = json.dumps([each["PolicyDocument"] for each in _ROLES["CloudFormationRole"]["Properties"]["Policies"]])
    values = {"AWS::Partition": "aws", "AWS::Region": "ap-southeast-1", "AWS::AccountId": "0" * 12, "Stage": "prod"}
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    assert len(re.sub(r"\s", "", text)) < _MAX_INLINE_POLICIES


@pytest.mark.parametrize(
    ("sid", "service"), [("PassCloudFormationRole", "cloudformation"), ("PassFunctionRoles", "lambda")]
)
def test_role_can_be_passed_to_one_service_only(sid: str, service: str) -> None:
    assert _get_statement(sid)["Condition"] == {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}


class TestGitHub:
    @pytest.mark.parametrize(("role", "stage"), [("DevRole", "dev"), ("ProdRole", "prod")])
    def test_role_is_bound_to_the_environment_of_its_stage(self, role: str, stage: str) -> None:
        trust_policy = _GITHUB["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]
        (trust,) = policies.find_statements(trust_policy)
        assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert trust["Condition"] == {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": {"Sub": f"repo:${{Repository}}:environment:{stage}"},
            }
        }

    def test_only_dev_pushes_images(self) -> None:
        attached = {
            name: [policy["Sub"].rpartition("/")[2] for policy in role["Properties"]["ManagedPolicyArns"]]
            for name, role in _GITHUB["Resources"].items()
            if role["Type"] == "AWS::IAM::Role"
        }
        assert attached == {"DevRole": ["dwipper-dev-deploy", "dwipper-push"], "ProdRole": ["dwipper-prod-deploy"]}
