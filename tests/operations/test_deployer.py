"""A deployer with the permissions of deploy/roles.yml can deploy its stage, and no other.

The embedded AWS checks the permissions of each call, but neither `iam:PassRole` nor those of CloudFormation's role.
"""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest

from devstack import clients
from devstack.paths import ROOT
from devstack.process import Service
from scripts import deploy, stacks
from tests.conftest import REGION
from tests.operations.conftest import FakeOsls

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_ACCOUNT = "000000000000"
_IMAGE = f"dwipper@sha256:{'a' * 64}"


@pytest.fixture(scope="module")
def deployer(embedded: Service) -> Iterator[dict[str, str]]:
    """Return the credentials of dev's deployer."""
    cloudformation = clients.cloudformation_client(embedded.endpoint, REGION)
    iam = clients.iam_client(embedded.endpoint, REGION)
    user = f"deployer-{uuid.uuid4().hex}"
    cloudformation.create_stack(
        StackName=f"roles-of-{user}",
        TemplateBody=(ROOT / "deploy" / "roles.yml").read_text(),
        Parameters=[{"ParameterKey": "Stage", "ParameterValue": "dev"}],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=f"roles-of-{user}", WaiterConfig={"Delay": 1})
    policy = f"arn:aws:iam::{_ACCOUNT}:policy/dwipper-dev-deploy"
    iam.create_user(UserName=user)
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    yield {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    iam.detach_user_policy(UserName=user, PolicyArn=policy)
    cloudformation.delete_stack(StackName=f"roles-of-{user}")


@pytest.fixture
def as_deployer(
    deployer: dict[str, str], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Return the environment of dev's deployer."""
    role = f"arn:aws:iam::{_ACCOUNT}:role/dwipper-dev-cloudformation"
    for name, value in deployer.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # It keeps the credentials of its first call.
    return {**environment, **deployer, "CLOUDFORMATION_ROLE_ARN": role}


def test_it_deploys_its_stage(
    as_deployer: dict[str, str],
    fake_osls: FakeOsls,
    cloudformation: "CloudFormationClient",
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        for _ in ("created", "unchanged"):
            assert deploy.main(["dev", _IMAGE], as_deployer) == 0, capsys.readouterr().err
        assert fake_osls.read_call()
    finally:
        name = stacks.get_data_name("dev")
        cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        cloudformation.delete_stack(StackName=name)


def test_it_cannot_deploy_another_stage(
    as_deployer: dict[str, str], fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["test", _IMAGE], as_deployer) == 1
    assert "is not authorized to perform" in capsys.readouterr().err
    assert fake_osls.read_call() is None
