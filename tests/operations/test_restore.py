"""`make restore` restores tables beside the present ones, with their settings. `make deploy` puts them into use."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devstack import clients
from scripts import restore, stacks
from testkit.tables import list_tables
from tests.conftest import REGION
from tests.operations.stage import Stage


class Tables:
    """The tables of a stage. The members table has one row.

    The embedded AWS drops backups and expiry from templates.

    Attributes:
        names: the names by the arguments of `make restore`.
        client: a client of DynamoDB.
    """

    def __init__(self, stage: Stage) -> None:
        outputs = stage.deploy_data()
        self.names = {table: outputs[f"{table}Table"] for table in stacks.TABLES}
        self.client = clients.dynamodb_client(stage.cloudformation.meta.endpoint_url, REGION)
        for name in self.names.values():
            self.client.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
        members = self.names["Members"]
        expiry: Any = {"Enabled": True, "AttributeName": "expires_at"}
        self.client.update_time_to_live(TableName=members, TimeToLiveSpecification=expiry)
        self.client.put_item(TableName=members, Item={"pk": {"S": "member#kay"}, "handle": {"S": "kay"}})

    def find_restored(self, table: str) -> list[str]:
        """Return the names of the tables that are restored from this one."""
        prefix = f"{self.names[table]}-restored-"
        return [name for name in list_tables(self.client) if name.startswith(prefix)]

    def get_expiry(self, name: str) -> Any:
        return self.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]


@pytest.fixture
def tables(stage: Stage) -> Tables:
    return Tables(stage)


@pytest.fixture
def _any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept any time. In the embedded AWS, only the present second can be restored."""
    monkeypatch.setattr(restore, "_check_moment", lambda *_: None)


def _now() -> str:
    return datetime.now(UTC).isoformat()


@pytest.mark.usefixtures("_any_moment")
def test_restored_table_has_rows_and_settings_of_the_original(
    stage: Stage, tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stage.restore(_now(), "Members") == 0
    (name,) = tables.find_restored("Members")
    client = tables.client
    assert client.get_item(TableName=name, Key={"pk": {"S": "member#kay"}})["Item"]["handle"] == {"S": "kay"}
    expiry = tables.get_expiry(name)
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires_at")
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    description = client.describe_table(TableName=name)["Table"]
    assert description["DeletionProtectionEnabled"]
    tags = client.list_tags_of_resource(ResourceArn=description["TableArn"])["Tags"]
    assert {"Key": "stage", "Value": stage.name} in tags
    assert f"make deploy STAGE={stage.name}" in (output := capsys.readouterr().out)
    assert f"RESTORED_MEMBERS_TABLE={name}\n" in output
    assert tables.find_restored("Dwipps") == []


@pytest.mark.usefixtures("_any_moment")
def test_all_tables_are_restored_by_default(stage: Stage, tables: Tables) -> None:
    assert stage.restore(_now()) == 0
    for table in stacks.TABLES:
        assert len(tables.find_restored(table)) == 1
    (dwipps,) = tables.find_restored("Dwipps")
    assert tables.get_expiry(dwipps)["TimeToLiveStatus"] == "DISABLED"


def test_table_restored_twice_has_a_short_name() -> None:
    moment = datetime(2026, 11, 26, 18, 0, 5, tzinfo=UTC)
    once = restore._make_name("dwipper-prod-data-MembersTable-1A2B", moment)
    assert once == "dwipper-prod-data-MembersTable-1A2B-restored-20261126180005"
    assert restore._make_name(once, moment + timedelta(seconds=1)) == f"{once[:-1]}6"


@pytest.mark.usefixtures("_any_moment")
def test_backups_are_enabled_as_soon_as_dynamodb_accepts_it(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "_WAITER", {"Delay": 0, "MaxAttempts": 5})
    calls: list[str] = []
    client = tables.client
    update = client.update_continuous_backups

    def refuse_twice(**arguments: Any) -> Any:
        calls.append(arguments["TableName"])
        if len(calls) < 3:
            raise client.exceptions.ContinuousBackupsUnavailableException({}, "UpdateContinuousBackups")
        return update(**arguments)

    monkeypatch.setattr(client, "update_continuous_backups", refuse_twice)
    (name,) = restore.restore(client, {"any": tables.names["Members"]}, datetime.now(UTC)).values()
    assert calls == [name] * 3


class TestBadInput:
    @pytest.mark.parametrize("moment", ["yesterday", "2026-11-26T18:00:00", "2026-13-26T18:00:00Z", ""])
    def test_time_without_a_zone_restores_nothing(
        self, moment: str, stage: Stage, tables: Tables, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert stage.restore(moment) == 1
        assert capsys.readouterr().err.startswith("TIME must be in ISO 8601")
        assert tables.find_restored("Members") == []

    @pytest.mark.parametrize("days", [-40, 1])
    def test_time_outside_the_backups_restores_nothing(
        self, days: int, stage: Stage, tables: Tables, capsys: pytest.CaptureFixture[str]
    ) -> None:
        moment = datetime.now(UTC) + timedelta(days=days)
        assert stage.restore(moment.isoformat()) == 1
        assert f"{tables.names['Dwipps']} can be restored from " in capsys.readouterr().err
        assert tables.find_restored("Dwipps") == []

    def test_unknown_stage_is_an_error(self, environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        assert restore.main(["nowhere", _now()], environment) == 1
        assert capsys.readouterr().err == f"There is no stage nowhere in {REGION}.\n"

    @pytest.mark.parametrize("arguments", [[], ["dev"], ["dev", "2026-11-26T18:00:00Z", "Users"]], ids=str)
    def test_invalid_argument_is_the_usage(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert restore.main(arguments, {"AWS_REGION": REGION}) == 2
        assert capsys.readouterr().err.startswith("Usage: ")
