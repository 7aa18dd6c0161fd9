"""A deployer can neither delete members' data, nor create a role with more permissions than the functions."""

import json
import re
from typing import Any

import pytest

from devstack.paths import ROOT
from testkit.templates import load_template
from tests.infrastructure import policies
from tests.infrastructure.iam import Template

_TEMPLATE = load_template(ROOT / "deploy" / "roles.yml")
_ROLES = _TEMPLATE["Resources"]
_GITHUB = load_template(ROOT / "deploy" / "github-oidc.yml")
_FUNCTION_ROLES = load_template(ROOT / "deploy" / "role.yml")["Resources"]
_CODEDEPLOY_ROLE = load_template(ROOT / "deploy" / "release.yml")["on"]["Resources"]["CodeDeployRole"]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_MANAGED_POLICY = 6_144


def _get_statement(sid: str) -> dict[str, Any]:
    (match,) = [statement for statement in policies.find_statements(_ROLES) if statement.get("Sid") == sid]
    return match


def test_deployer_cannot_delete_data_or_images_or_make_moderators() -> None:
    allowed = policies.find_actions({name: role for name, role in _ROLES.items() if name != "FunctionBoundary"})
    forbidden = {
        "cloudformation:DeleteStack",
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

    def test_boundary_has_the_actions_of_the_functions_and_of_codedeploy(self) -> None:
        boundary = policies.find_actions(_ROLES["FunctionBoundary"])
        role_policies = [role["Properties"]["Policies"] for role in (*_FUNCTION_ROLES.values(), _CODEDEPLOY_ROLE)]
        assert len(role_policies) == 3
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


@pytest.mark.parametrize("policy", [name for name, each in _ROLES.items() if each["Type"] == "AWS::IAM::ManagedPolicy"])
def test_managed_policy_is_within_the_quota_of_iam(policy: str) -> None:
    template = Template(_TEMPLATE, Stage="prod", DomainName="dwipper.a-long-name-of-a-domain.example.org")
    (document,) = template.find_documents(policy)
    # The longest region has two characters more than the region of the tests, and Repository may be longer.
    assert len(re.sub(r"\s", "", json.dumps(document))) < 0.8 * _MAX_MANAGED_POLICY


@pytest.mark.parametrize(
    ("sid", "service"),
    [
        ("PassCloudFormationRole", "cloudformation"),
        ("PassCodeDeployRole", "codedeploy"),
        ("PassFunctionRoles", "lambda"),
    ],
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

    @pytest.mark.parametrize(
        ("stages", "expected"), [("dev", {"DevRole"}), ("prod", {"ProdRole"}), ("both", {"DevRole", "ProdRole"})]
    )
    def test_account_has_only_the_roles_of_its_stages(self, stages: str, expected: set[str]) -> None:
        template = Template(_GITHUB, Stages=stages)
        conditions = {name: _GITHUB["Resources"][name]["Condition"] for name in ("DevRole", "ProdRole")}
        assert {name for name, each in conditions.items() if template.resolve({"If": [each, True, False]})} == expected
        assert {name: _GITHUB["Outputs"][f"{name}Arn"]["Condition"] for name in conditions} == conditions
