"""`make deploy` deploys the data, keeps its settings, and passes its outputs to osls. Bad input deploys nothing."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from devstack import clients
from scripts import checks, data_stack, deploy, stacks
from scripts.concurrency import RESERVATION
from scripts.errors import OperatorError
from testkit.templates import load_template
from tests.conftest import REGION
from tests.operations.conftest import FakeOsls

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

IMAGE = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/dwipper@sha256:{'0123456789abcdef' * 4}"
_SES = {"SES_IDENTITY_ARN": "arn:aws:ses:us-east-1:123456789012:identity/example.org", "MAIL_FROM": "a@example.org"}


def _read_osls_parameters(fake_osls: FakeOsls) -> dict[str, str]:
    call = fake_osls.read_call()
    assert call
    pairs = [argument.removeprefix("--param=").split("=", 1) for argument in call[0] if argument.startswith("--param=")]
    return {pair[0]: pair[1] for pair in pairs}


def _get_data_parameters(cloudformation: "CloudFormationClient", stage: str) -> dict[str, str]:
    return stacks.get_parameters(stacks.find(cloudformation, stacks.get_data_name(stage)))


class TestDeployment:
    def test_functions_get_the_outputs_of_the_data(
        self, stage: str, environment: dict[str, str], fake_osls: FakeOsls, cloudformation: "CloudFormationClient"
    ) -> None:
        assert deploy.main([stage, IMAGE, "--verbose"], environment) == 0
        outputs = stacks.get_outputs(stacks.find(cloudformation, stacks.get_data_name(stage)))
        assert _read_osls_parameters(fake_osls) == outputs | {"image": IMAGE}
        assert outputs["DwippsTable"].startswith(f"dwipper-{stage}-data-DwippsTable-")
        call = fake_osls.read_call()
        assert call
        assert call[0][:6] == ["deploy", "--verbose", "--stage", stage, "--region", REGION]

    def test_second_deployment_keeps_data_and_settings(
        self, stage: str, environment: dict[str, str], fake_osls: FakeOsls, cloudformation: "CloudFormationClient"
    ) -> None:
        assert deploy.main([stage, IMAGE], {**environment, **_SES, "FEED_SHARDS": "4"}) == 0
        first = _read_osls_parameters(fake_osls)
        assert deploy.main([stage, IMAGE], environment) == 0
        assert _read_osls_parameters(fake_osls) == first
        assert first["FeedShards"] == "4"
        parameters = _get_data_parameters(cloudformation, stage)
        assert (parameters["SesIdentityArn"], parameters["MailFrom"]) == tuple(_SES.values())

    def test_setting_of_the_functions_persists(
        self, stage: str, environment: dict[str, str], fake_osls: FakeOsls, cloudformation: "CloudFormationClient"
    ) -> None:
        template = {
            "Parameters": {"AlarmEmail": {"Type": "String"}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        }
        cloudformation.create_stack(
            StackName=stacks.get_service_name(stage),
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": "AlarmEmail", "ParameterValue": "call@example.org"}],
        )
        assert deploy.main([stage, IMAGE], environment) == 0
        call = fake_osls.read_call()
        assert call
        assert call[1]["ALARM_EMAIL"] == "call@example.org"

    def test_stage_but_prod_has_a_bound_on_concurrency(
        self, stage: str, environment: dict[str, str], fake_osls: FakeOsls
    ) -> None:
        assert deploy.main([stage, IMAGE], environment) == 0
        call = fake_osls.read_call()
        assert call
        assert call[1]["API_CONCURRENCY"] == str(RESERVATION)
        assert deploy.main([stage, IMAGE], {**environment, "API_CONCURRENCY": "none"}) == 0
        call = fake_osls.read_call()
        assert call
        assert "API_CONCURRENCY" not in call[1]

    def test_restored_table_replaces_the_original(
        self, stage: str, environment: dict[str, str], fake_osls: FakeOsls
    ) -> None:
        assert deploy.main([stage, IMAGE], environment) == 0
        original = _read_osls_parameters(fake_osls)
        assert deploy.main([stage, IMAGE], {**environment, "RESTORED_MEMBERS_TABLE": "restored"}) == 0
        assert _read_osls_parameters(fake_osls) == original | {"MembersTable": "restored"}
        assert deploy.main([stage, IMAGE], environment) == 0
        assert _read_osls_parameters(fake_osls)["MembersTable"] == "restored"
        assert deploy.main([stage, IMAGE], {**environment, "RESTORED_MEMBERS_TABLE": "none"}) == 0
        assert _read_osls_parameters(fake_osls) == original

    def test_data_is_protected_from_deletion(
        self, stage: str, environment: dict[str, str], fake_osls: FakeOsls, cloudformation: "CloudFormationClient"
    ) -> None:
        assert deploy.main([stage, IMAGE], environment) == 0
        name = stacks.get_data_name(stage)
        with pytest.raises(ClientError, match="TerminationProtection"):
            cloudformation.delete_stack(StackName=name)
        policy = json.loads(cloudformation.get_stack_policy(StackName=name)["StackPolicyBody"])
        assert policy == json.loads(data_stack.POLICY.read_text())
        assert fake_osls.read_call()

    def test_failure_of_osls_is_the_exit_code(
        self, stage: str, environment: dict[str, str], fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fake_osls.fail(3)
        assert deploy.main([stage, IMAGE], environment) == 1
        assert capsys.readouterr().err == "osls deploy failed.\n"


class TestRelease:
    """The old version of a canary could not use its table: the role of the function permits only the new one."""

    @staticmethod
    def _create_functions(cloudformation: "CloudFormationClient", stage: str, table: str) -> None:
        """Create a stack of functions that use this members table."""
        template = {
            "Parameters": {"MembersTable": {"Type": "String"}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        }
        cloudformation.create_stack(
            StackName=stacks.get_service_name(stage),
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": "MembersTable", "ParameterValue": table}],
        )

    @pytest.mark.parametrize(
        ("has_other_table", "variables", "expected"),
        [
            pytest.param(True, {}, "at-once", id="another-table"),
            pytest.param(True, {"RELEASE": "canary"}, "at-once", id="another-table-as-a-canary"),
            pytest.param(False, {"RELEASE": "canary"}, "canary", id="by-request"),
            pytest.param(False, {"RELEASE": ""}, None, id="empty-variable"),
            pytest.param(False, {}, None, id="same-table"),
        ],
    )
    def test_other_table_is_released_at_once(
        self,
        has_other_table: bool,
        variables: dict[str, str],
        expected: str | None,
        stage: str,
        environment: dict[str, str],
        fake_osls: FakeOsls,
        cloudformation: "CloudFormationClient",
    ) -> None:
        outputs = data_stack.deploy(cloudformation, stage, {})
        self._create_functions(cloudformation, stage, "other" if has_other_table else outputs["MembersTable"])
        assert deploy.main([stage, IMAGE], {**environment, **variables}) == 0
        call = fake_osls.read_call()
        assert call
        assert call[1].get("RELEASE") == expected

    def test_first_deployment_has_the_release_of_the_stage(
        self, stage: str, environment: dict[str, str], fake_osls: FakeOsls
    ) -> None:
        assert deploy.main([stage, IMAGE], environment) == 0
        call = fake_osls.read_call()
        assert call
        assert "RELEASE" not in call[1]


class TestSender:
    """prod needs a sender that works. A rollback must not wait for SES."""

    @pytest.fixture(autouse=True)
    def _problem(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "find_problems", lambda *_: ["The account is in the sandbox."])

    @pytest.mark.parametrize(
        "present",
        [
            pytest.param({}, id="new-stage"),
            pytest.param({"SesIdentityArn": _SES["SES_IDENTITY_ARN"], "MailFrom": "b@example.org"}, id="new-sender"),
        ],
    )
    def test_problem_of_a_new_sender_is_an_error(self, present: dict[str, str]) -> None:
        with pytest.raises(OperatorError, match=r"The account is in the sandbox\.\nSES cannot send"):
            checks.check_mail("prod", _SES, present)

    def test_problem_of_the_present_sender_is_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        present = {"SesIdentityArn": _SES["SES_IDENTITY_ARN"], "MailFrom": _SES["MAIL_FROM"]}
        checks.check_mail("prod", _SES, present)
        assert capsys.readouterr().err.startswith("The account is in the sandbox.\n")

    def test_other_stage_needs_no_sender(self) -> None:
        checks.check_mail("dev", {}, {})


class TestBadInput:
    @pytest.mark.parametrize("arguments", [[], ["dev"]], ids=str)
    def test_missing_argument_is_the_usage(
        self, arguments: list[str], fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert deploy.main(arguments, {"AWS_REGION": REGION}) == 2
        assert capsys.readouterr().err.startswith("Usage: make deploy ")
        assert fake_osls.read_call() is None

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            pytest.param(["dev", "dwipper:latest"], "IMAGE", id="image-by-tag"),
            pytest.param(["dev", "registry/dwipper@"], "IMAGE", id="no-digest"),
            pytest.param(["Dev", IMAGE], "STAGE", id="capital"),
            pytest.param(["dev-data", IMAGE], "STAGE", id="name-of-the-data"),
            pytest.param(["--help", IMAGE], "STAGE", id="option"),
        ],
    )
    def test_invalid_argument_is_named(
        self, arguments: list[str], named: str, fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert deploy.main(arguments, {"AWS_REGION": REGION}) == 1
        assert capsys.readouterr().err.startswith(f"{named} must ")
        assert fake_osls.read_call() is None

    def test_missing_region_is_the_usage(self, fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]) -> None:
        assert deploy.main(["dev", IMAGE], {}) == 2
        assert capsys.readouterr().err.startswith("Usage: make deploy ")
        assert fake_osls.read_call() is None

    def test_unknown_architecture_is_named(self, fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]) -> None:
        assert deploy.main(["dev", IMAGE], {"AWS_REGION": REGION, "ARCHITECTURE": "none"}) == 1
        assert capsys.readouterr().err == "ARCHITECTURE must be arm64 or x86_64.\n"
        assert fake_osls.read_call() is None

    @pytest.mark.parametrize("number", ["3", "0", "-1", "many", "٤"])
    def test_fewer_feed_shards_change_nothing(
        self,
        number: str,
        stage: str,
        environment: dict[str, str],
        fake_osls: FakeOsls,
        cloudformation: "CloudFormationClient",
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        data_stack.deploy(cloudformation, stage, {"FeedShards": "4"})
        assert deploy.main([stage, IMAGE], {**environment, "FEED_SHARDS": number}) == 1
        assert "FEED_SHARDS" in capsys.readouterr().err
        assert fake_osls.read_call() is None
        assert _get_data_parameters(cloudformation, stage)["FeedShards"] == "4"

    @pytest.mark.parametrize("missing", _SES)
    def test_prod_without_ses_deploys_nothing(
        self, missing: str, environment: dict[str, str], fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # A pipeline passes an unset variable as an empty string.
        assert deploy.main(["prod", IMAGE], {**environment, **_SES, missing: ""}) == 1
        assert capsys.readouterr().err == "SES_IDENTITY_ARN= and MAIL_FROM= require each other.\n"
        assert deploy.main(["prod", IMAGE], environment) == 1
        assert capsys.readouterr().err.startswith("prod requires SES_IDENTITY_ARN= and MAIL_FROM=")
        assert fake_osls.read_call() is None

    def test_stack_with_the_tables_of_an_earlier_version_is_refused(
        self,
        stage: str,
        environment: dict[str, str],
        fake_osls: FakeOsls,
        cloudformation: "CloudFormationClient",
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        table: dict[str, Any] = load_template(data_stack.TEMPLATE)["Resources"]["MembersTable"]
        template = {"Resources": {"DwippsTable": {"Type": table["Type"], "Properties": table["Properties"]}}}
        name = stacks.get_service_name(stage)
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
        assert deploy.main([stage, IMAGE], environment) == 1
        assert f"The stack {name} contains the tables of version 0.1.0" in capsys.readouterr().err
        assert fake_osls.read_call() is None
        assert stacks.find(cloudformation, stacks.get_data_name(stage)) is None


def test_stack_of_a_failed_first_deployment_is_refused(
    stage: str,
    environment: dict[str, str],
    fake_osls: FakeOsls,
    cloudformation: "CloudFormationClient",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data_stack.deploy(cloudformation, stage, {})
    monkeypatch.setattr(stacks, "find", lambda *_: {"StackStatus": "ROLLBACK_COMPLETE"})
    assert deploy.main([stage, IMAGE], environment) == 1
    assert "docs/recovery.md#a-failed-first-deployment" in capsys.readouterr().err
    assert fake_osls.read_call() is None
    monkeypatch.undo()


def test_template_without_changes_succeeds(stage: str, cloudformation: "CloudFormationClient") -> None:
    first = data_stack.deploy(cloudformation, stage, {})
    assert data_stack.deploy(cloudformation, stage, {}) == first


def test_failure_of_a_resource_is_named(
    stage: str, cloudformation: "CloudFormationClient", monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    template = tmp_path / "data.yml"
    template.write_text(json.dumps({"Resources": {"Pool": {"Type": "AWS::No::Such"}}}))
    monkeypatch.setattr(data_stack, "TEMPLATE", template)
    with pytest.raises((OperatorError, ClientError), match="AWS::No::Such"):
        data_stack.deploy(cloudformation, stage, {})


def test_tables_of_the_data_are_in_the_embedded_aws(stage: str, cloudformation: "CloudFormationClient") -> None:
    outputs = data_stack.deploy(cloudformation, stage, {})
    dynamodb = clients.dynamodb_client(cloudformation.meta.endpoint_url, REGION)
    assert outputs["SafetyTable"] in dynamodb.list_tables()["TableNames"]
