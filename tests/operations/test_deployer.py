"""With the permissions of deploy/roles.yml, a deployer can deploy its stage, and no other.

The embedded AWS checks the permissions of each call. It checks neither `iam:PassRole`, nor the tags of most resources,
nor what CloudFormation does with its role. tests/infrastructure/test_separation.py evaluates these.
"""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from devstack import clients
from devstack.paths import ROOT
from devstack.process import Service
from scripts import deploy, stacks
from tests.conftest import REGION
from tests.operations.fake_osls import FakeOsls
from tests.operations.stage import IMAGE

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_sqs import SQSClient

_ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def roles(embedded: Service) -> Iterator[dict[str, str]]:
    """Create the roles of dev. Return the names of the deployer's policy and of CloudFormation's role."""
    cloudformation = clients.cloudformation_client(embedded.endpoint, REGION)
    name = f"roles-{uuid.uuid4().hex}"
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=(ROOT / "deploy" / "roles.yml").read_text(),
        Parameters=[{"ParameterKey": "Stage", "ParameterValue": "dev"}],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    yield {"policy": "dwipper-dev-deploy", "role": "dwipper-dev-cloudformation"}
    cloudformation.delete_stack(StackName=name)


@pytest.fixture(scope="module")
def deployer(embedded: Service, roles: dict[str, str]) -> Iterator[dict[str, str]]:
    """Return the credentials of dev's deployer."""
    with _create_user(embedded, [f"arn:aws:iam::{_ACCOUNT}:policy/{roles['policy']}"]) as credentials:
        yield credentials


@contextlib.contextmanager
def _create_user(embedded: Service, policies: Sequence[str]) -> Iterator[dict[str, str]]:
    """Create a user with these policies. Yield its credentials."""
    iam = clients.iam_client(embedded.endpoint, REGION)
    user = f"user-{uuid.uuid4().hex}"
    iam.create_user(UserName=user)
    for policy in policies:
        iam.attach_user_policy(UserName=user, PolicyArn=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    yield {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    for policy in policies:
        iam.detach_user_policy(UserName=user, PolicyArn=policy)


@pytest.fixture(scope="module")
def queues(embedded: Service, roles: dict[str, str]) -> Iterator["SQSClient"]:
    """Return a client with the permissions of CloudFormation's role of dev."""
    iam = clients.iam_client(embedded.endpoint, REGION)
    attached = iam.list_attached_role_policies(RoleName=roles["role"])["AttachedPolicies"]
    with _create_user(embedded, [policy["PolicyArn"] for policy in attached]) as credentials:
        yield boto3.client(
            "sqs",
            endpoint_url=embedded.endpoint,
            region_name=REGION,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        )


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


def test_deployer_deploys_its_stage(
    as_deployer: dict[str, str],
    fake_osls: FakeOsls,
    cloudformation: "CloudFormationClient",
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        for _ in ("created", "unchanged"):
            assert deploy.main(["dev", IMAGE], as_deployer) == 0, capsys.readouterr().err
        assert fake_osls.was_called
    finally:
        name = stacks.get_data_name("dev")
        cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        cloudformation.delete_stack(StackName=name)


def test_deployer_cannot_deploy_another_stage(
    as_deployer: dict[str, str], fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["test", IMAGE], as_deployer) == 1
    assert "is not authorized to perform" in capsys.readouterr().err
    assert not fake_osls.was_called


@pytest.mark.parametrize(("stage", "is_allowed"), [("dev", True), ("prod", False)])
def test_cloudformation_creates_and_deletes_only_queues_of_its_stage(
    queues: "SQSClient", embedded: Service, stage: str, is_allowed: bool
) -> None:
    name = f"dwipper-{stage}-{uuid.uuid4().hex}"
    expectation = contextlib.nullcontext() if is_allowed else pytest.raises(ClientError, match="not authorized")
    url = clients.sqs_client(embedded.endpoint, REGION).create_queue(QueueName=name)["QueueUrl"]
    with expectation:
        queues.create_queue(QueueName=f"{name}-new")
    with expectation:
        queues.delete_queue(QueueUrl=url)
