"""`make restore` restores tables beside the present ones, with their settings. `make deploy` puts them into use."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from devstack import clients
from devstack.process import Service
from scripts import data_stack, restore, stacks
from tests.conftest import REGION

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def dynamodb(embedded: Service) -> "DynamoDBClient":
    return clients.dynamodb_client(embedded.endpoint, REGION)


@pytest.fixture
def outputs(stage: str, cloudformation: "CloudFormationClient") -> dict[str, str]:
    """Return the outputs of the data of a stage with one row in the members table.

    The embedded AWS drops backups and expiry from templates.
    """
    outputs = data_stack.deploy(cloudformation, stage, {})
    dynamodb = clients.dynamodb_client(cloudformation.meta.endpoint_url, REGION)
    for table in stacks.TABLES:
        dynamodb.update_continuous_backups(
            TableName=outputs[f"{table}Table"], PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    dynamodb.update_time_to_live(
        TableName=outputs["MembersTable"],
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
    )
    dynamodb.put_item(TableName=outputs["MembersTable"], Item={"pk": {"S": "member#kay"}, "handle": {"S": "kay"}})
    return outputs


@pytest.fixture
def _any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept any time. In the embedded AWS, only the present second can be restored."""
    monkeypatch.setattr(restore, "_check_moment", lambda *_: None)


def _find_restored(dynamodb: "DynamoDBClient", original: str) -> list[str]:
    return [name for name in dynamodb.list_tables()["TableNames"] if name.startswith(f"{original}-restored-")]


def _now() -> str:
    return datetime.now(UTC).isoformat()


@pytest.mark.usefixtures("_any_moment")
def test_restored_table_has_rows_and_settings_of_the_original(
    stage: str,
    outputs: dict[str, str],
    environment: dict[str, str],
    dynamodb: "DynamoDBClient",
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert restore.main([stage, _now(), "Members"], environment) == 0
    (name,) = _find_restored(dynamodb, outputs["MembersTable"])
    assert dynamodb.get_item(TableName=name, Key={"pk": {"S": "member#kay"}})["Item"]["handle"] == {"S": "kay"}
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires_at")
    assert dynamodb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    assert {"Key": "stage", "Value": stage} in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
    assert f"make deploy STAGE={stage}" in (output := capsys.readouterr().out)
    assert f"RESTORED_MEMBERS_TABLE={name}\n" in output
    assert _find_restored(dynamodb, outputs["DwippsTable"]) == []


@pytest.mark.usefixtures("_any_moment")
def test_all_tables_are_restored_by_default(
    stage: str, outputs: dict[str, str], environment: dict[str, str], dynamodb: "DynamoDBClient"
) -> None:
    assert restore.main([stage, _now()], environment) == 0
    for table in stacks.TABLES:
        assert len(_find_restored(dynamodb, outputs[f"{table}Table"])) == 1
    (dwipps,) = _find_restored(dynamodb, outputs["DwippsTable"])
    expiry = dynamodb.describe_time_to_live(TableName=dwipps)["TimeToLiveDescription"]
    assert expiry["TimeToLiveStatus"] == "DISABLED"


def test_table_restored_twice_has_a_short_name() -> None:
    moment = datetime(2026, 11, 26, 18, 0, 5, tzinfo=UTC)
    once = restore._make_name("dwipper-prod-data-MembersTable-1A2B", moment)
    assert once == "dwipper-prod-data-MembersTable-1A2B-restored-20261126180005"
    assert restore._make_name(once, moment + timedelta(seconds=1)) == f"{once[:-1]}6"


@pytest.mark.usefixtures("_any_moment")
def test_backups_are_enabled_as_soon_as_dynamodb_accepts_it(
    stage: str, outputs: dict[str, str], dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "_WAITER", {"Delay": 0, "MaxAttempts": 5})
    calls: list[str] = []
    update = dynamodb.update_continuous_backups

    def refuse_twice(**arguments: Any) -> Any:
        calls.append(arguments["TableName"])
        if len(calls) < 3:
            raise dynamodb.exceptions.ContinuousBackupsUnavailableException({}, "UpdateContinuousBackups")
        return update(**arguments)

    monkeypatch.setattr(dynamodb, "update_continuous_backups", refuse_twice)
    (name,) = restore.restore(dynamodb, {"any": outputs["MembersTable"]}, datetime.now(UTC)).values()
    assert calls == [name] * 3


class TestBadInput:
    @pytest.mark.parametrize(
        "moment",
        ["yesterday", "2026-11-26T18:00:00", "2026-13-26T18:00:00Z", ""],
    )
    def test_time_without_a_zone_restores_nothing(
        self,
        moment: str,
        stage: str,
        outputs: dict[str, str],
        environment: dict[str, str],
        dynamodb: "DynamoDBClient",
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert restore.main([stage, moment], environment) == 1
        assert capsys.readouterr().err.startswith("TIME must be in ISO 8601")
        assert _find_restored(dynamodb, outputs["MembersTable"]) == []

    @pytest.mark.parametrize("days", [-40, 1])
    def test_time_outside_the_backups_restores_nothing(
        self,
        days: int,
        stage: str,
        outputs: dict[str, str],
        environment: dict[str, str],
        dynamodb: "DynamoDBClient",
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        moment = datetime.now(UTC) + timedelta(days=days)
        assert restore.main([stage, moment.isoformat()], environment) == 1
        assert f"{outputs['DwippsTable']} can be restored from " in capsys.readouterr().err
        assert _find_restored(dynamodb, outputs["DwippsTable"]) == []

    def test_unknown_stage_is_an_error(self, environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        assert restore.main(["nowhere", _now()], environment) == 1
        assert capsys.readouterr().err == f"There is no stage nowhere in {REGION}.\n"

    @pytest.mark.parametrize("arguments", [[], ["dev"], ["dev", "2026-11-26T18:00:00Z", "Users"]], ids=str)
    def test_invalid_argument_is_the_usage(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert restore.main(arguments, {"AWS_REGION": REGION}) == 2
        assert capsys.readouterr().err.startswith("Usage: ")
