"""Who deploys can neither delete what members wrote, nor make anybody mightier than the function."""

from typing import Any

import pytest

from devstack.api import ROOT
from tests.infrastructure import policies

_ROLES = policies.load(ROOT / "deploy" / "roles.yml")["Resources"]
_GITHUB = policies.load(ROOT / "deploy" / "github-oidc.yml")
_FUNCTION = policies.load(ROOT / "deploy" / "role.yml")["Resources"]["FunctionRole"]["Properties"]["Policies"]


def _statement(sid: str) -> dict[str, Any]:
    (found,) = [statement for statement in policies.statements(_ROLES) if statement.get("Sid") == sid]
    return found


def test_a_deployment_deletes_no_table_no_user_no_pool_and_no_image() -> None:
    deployed = policies.actions({name: role for name, role in _ROLES.items() if name != "FunctionBoundary"})
    forbidden = {
        "cognito-idp:AdminDeleteUser",
        "cognito-idp:DeleteUserPool",
        "dynamodb:DeleteItem",
        "dynamodb:DeleteTable",
        "ecr:BatchDeleteImage",
        "ecr:SetRepositoryPolicy",
    }
    assert deployed & forbidden == set()


def test_a_role_is_made_within_the_boundary_or_not_at_all() -> None:
    bounded = {"StringEquals": {"iam:PermissionsBoundary": {"Ref": "FunctionBoundary"}}}
    assert _statement("BoundedRole")["Condition"] == bounded
    widening = {"iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
    assert widening <= set(_statement("BoundedRole")["Action"])
    others = [statement for statement in policies.statements(_ROLES) if statement.get("Sid") != "BoundedRole"]
    never = widening | {"iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion"}
    assert policies.actions(others) & never == set()


def test_the_boundary_is_what_the_function_is_for() -> None:
    assert policies.actions(_ROLES["FunctionBoundary"]) == policies.actions(_FUNCTION)


@pytest.mark.parametrize(("sid", "service"), [("HandOverTheRole", "cloudformation"), ("HandTheRoleOn", "lambda")])
def test_a_role_is_handed_to_the_one_service_that_it_is_for(sid: str, service: str) -> None:
    assert _statement(sid)["Condition"] == {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}


@pytest.mark.parametrize(("role", "stage"), [("DevRole", "dev"), ("ProdRole", "prod")])
def test_github_gets_a_role_in_the_environment_of_its_stage_alone(role: str, stage: str) -> None:
    (trust,) = policies.statements(_GITHUB["Resources"][role]["Properties"]["AssumeRolePolicyDocument"])
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": {"Sub": f"repo:${{Repository}}:environment:{stage}"},
        }
    }


def test_only_dev_pushes_images() -> None:
    attached = {
        name: [policy["Sub"].rpartition("/")[2] for policy in role["Properties"]["ManagedPolicyArns"]]
        for name, role in _GITHUB["Resources"].items()
        if role["Type"] == "AWS::IAM::Role"
    }
    assert attached == {"DevRole": ["dwipper-dev-deploy", "dwipper-push"], "ProdRole": ["dwipper-prod-deploy"]}
