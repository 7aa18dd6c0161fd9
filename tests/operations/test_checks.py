"""`make deploy` deploys nothing if the input, the sender or a present stack does not pass the checks."""

from typing import Any

import pytest

from scripts import checks, data_stack, deploy, stacks
from scripts.errors import OperatorError
from testkit.templates import load_template
from tests.conftest import REGION
from tests.operations.fake_osls import FakeOsls
from tests.operations.stage import IMAGE, SES, Stage

# The parameters of a stage with this sender.
_PRESENT = {"SesIdentityArn": SES["SES_IDENTITY_ARN"], "MailFrom": SES["MAIL_FROM"]}


class TestArguments:
    @pytest.mark.parametrize("arguments", [[], ["dev"]], ids=str)
    def test_missing_argument_is_the_usage(
        self, arguments: list[str], fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert deploy.main(arguments, {"AWS_REGION": REGION}) == 2
        assert capsys.readouterr().err.startswith("Usage: make deploy ")
        assert not fake_osls.was_called

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
        assert not fake_osls.was_called


class TestVariables:
    def test_missing_region_is_the_usage(self, fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]) -> None:
        assert deploy.main(["dev", IMAGE], {}) == 2
        assert capsys.readouterr().err.startswith("Usage: make deploy ")
        assert not fake_osls.was_called

    def test_unknown_architecture_is_named(self, fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]) -> None:
        assert deploy.main(["dev", IMAGE], {"AWS_REGION": REGION, "ARCHITECTURE": "none"}) == 1
        assert capsys.readouterr().err == "ARCHITECTURE must be arm64 or x86_64.\n"
        assert not fake_osls.was_called

    @pytest.mark.parametrize("number", ["3", "0", "-1", "many", "٤"])
    def test_fewer_feed_shards_change_nothing(
        self, number: str, stage: Stage, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stage.deploy_data(FeedShards="4")
        assert stage.deploy(FEED_SHARDS=number) == 1
        assert "FEED_SHARDS" in capsys.readouterr().err
        assert not stage.osls.was_called
        assert stage.get_data_parameters()["FeedShards"] == "4"

    @pytest.mark.parametrize("missing", SES)
    def test_prod_without_ses_deploys_nothing(
        self, missing: str, environment: dict[str, str], fake_osls: FakeOsls, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # A pipeline passes an unset variable as an empty string.
        assert deploy.main(["prod", IMAGE], {**environment, **SES, missing: ""}) == 1
        assert capsys.readouterr().err == "SES_IDENTITY_ARN= and MAIL_FROM= require each other.\n"
        assert deploy.main(["prod", IMAGE], environment) == 1
        assert capsys.readouterr().err.startswith("prod requires SES_IDENTITY_ARN= and MAIL_FROM=")
        assert not fake_osls.was_called


class TestPresentStack:
    def test_stack_with_the_tables_of_an_earlier_version_is_refused(
        self, stage: Stage, capsys: pytest.CaptureFixture[str]
    ) -> None:
        table: dict[str, Any] = load_template(data_stack.TEMPLATE)["Resources"]["MembersTable"]
        resource = {"Type": table["Type"], "Properties": table["Properties"]}
        stage.create_functions({"Resources": {"DwippsTable": resource}})
        assert stage.deploy() == 1
        expected = f"The stack {stacks.get_service_name(stage.name)} contains the tables of version 0.1.0"
        assert expected in capsys.readouterr().err
        assert not stage.osls.was_called
        assert stacks.find(stage.cloudformation, stage.data_name) is None

    def test_stack_of_a_failed_first_deployment_is_refused(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stage.deploy_data()
        with monkeypatch.context() as patches:
            patches.setattr(stacks, "find", lambda *_: {"StackStatus": "ROLLBACK_COMPLETE"})
            assert stage.deploy() == 1
        assert "docs/recovery.md#a-failed-first-deployment" in capsys.readouterr().err
        assert not stage.osls.was_called


class TestSender:
    """prod needs a sender that works. A rollback must not wait for SES."""

    @pytest.fixture(autouse=True)
    def _problem(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "find_problems", lambda *_: ["The account is in the sandbox."])

    @pytest.mark.parametrize(
        "present",
        [pytest.param({}, id="new-stage"), pytest.param(_PRESENT | {"MailFrom": "b@example.org"}, id="new-sender")],
    )
    def test_problem_of_a_new_sender_is_an_error(self, present: dict[str, str]) -> None:
        with pytest.raises(OperatorError, match=r"The account is in the sandbox\.\nSES cannot send"):
            checks.check_mail("prod", SES, present)

    def test_problem_of_the_present_sender_is_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        checks.check_mail("prod", SES, _PRESENT)
        assert capsys.readouterr().err.startswith("The account is in the sandbox.\n")

    def test_other_stage_needs_no_sender(self) -> None:
        checks.check_mail("dev", {}, {})
