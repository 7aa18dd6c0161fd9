"""`make deploy` deploys the data, keeps its settings, and passes its outputs to osls."""

import json

import pytest
from botocore.exceptions import ClientError

from scripts import data_stack
from scripts.concurrency import RESERVATION
from tests.conftest import REGION
from tests.operations.stage import IMAGE, SES, Stage


class TestDeployment:
    def test_functions_get_the_outputs_of_the_data(self, stage: Stage) -> None:
        assert stage.deploy("--verbose") == 0
        outputs = stage.get_data_outputs()
        assert stage.osls.read_parameters() == outputs | {"image": IMAGE}
        assert outputs["DwippsTable"].startswith(f"{stage.data_name}-DwippsTable-")
        expected = ["deploy", "--verbose", "--stage", stage.name, "--region", REGION]
        assert stage.osls.read_arguments()[:6] == expected

    def test_second_deployment_keeps_data_and_settings(self, stage: Stage) -> None:
        assert stage.deploy(**SES, FEED_SHARDS="4") == 0
        first = stage.osls.read_parameters()
        assert stage.deploy() == 0
        assert stage.osls.read_parameters() == first
        assert first["FeedShards"] == "4"
        parameters = stage.get_data_parameters()
        assert (parameters["SesIdentityArn"], parameters["MailFrom"]) == tuple(SES.values())

    def test_setting_of_the_functions_persists(self, stage: Stage) -> None:
        stage.create_functions(AlarmEmail="call@example.org")
        assert stage.deploy() == 0
        assert stage.osls.read_environment()["ALARM_EMAIL"] == "call@example.org"

    def test_stage_but_prod_has_a_bound_on_concurrency(self, stage: Stage) -> None:
        assert stage.deploy() == 0
        assert stage.osls.read_environment()["API_CONCURRENCY"] == str(RESERVATION)
        assert stage.deploy(API_CONCURRENCY="none") == 0
        assert "API_CONCURRENCY" not in stage.osls.read_environment()

    def test_restored_table_replaces_the_original(self, stage: Stage) -> None:
        assert stage.deploy() == 0
        original = stage.osls.read_parameters()
        assert stage.deploy(RESTORED_MEMBERS_TABLE="restored") == 0
        assert stage.osls.read_parameters() == original | {"MembersTable": "restored"}
        assert stage.deploy() == 0
        assert stage.osls.read_parameters()["MembersTable"] == "restored"
        assert stage.deploy(RESTORED_MEMBERS_TABLE="none") == 0
        assert stage.osls.read_parameters() == original

    def test_data_is_protected_from_deletion(self, stage: Stage) -> None:
        assert stage.deploy() == 0
        with pytest.raises(ClientError, match="TerminationProtection"):
            stage.cloudformation.delete_stack(StackName=stage.data_name)
        policy = json.loads(stage.cloudformation.get_stack_policy(StackName=stage.data_name)["StackPolicyBody"])
        assert policy == json.loads(data_stack.POLICY.read_text())
        assert stage.osls.was_called

    def test_failure_of_osls_is_the_exit_code(self, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
        stage.osls.fail(3)
        assert stage.deploy() == 1
        assert capsys.readouterr().err == "osls deploy failed.\n"


class TestRelease:
    """The old version of a canary could not use its table: the role of the function permits only the new one."""

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
        self, has_other_table: bool, variables: dict[str, str], expected: str | None, stage: Stage
    ) -> None:
        outputs = stage.deploy_data()
        stage.create_functions(MembersTable="other" if has_other_table else outputs["MembersTable"])
        assert stage.deploy(**variables) == 0
        assert stage.osls.read_environment().get("RELEASE") == expected

    def test_first_deployment_has_the_release_of_the_stage(self, stage: Stage) -> None:
        assert stage.deploy() == 0
        assert "RELEASE" not in stage.osls.read_environment()
