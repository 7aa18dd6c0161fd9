"""Restore tables of a stage to an earlier time, as new tables beside the present ones.

    AWS_REGION=… python -m scripts.restore STAGE TIME [TABLE …]

TIME is in ISO 8601 with a time zone, such as 2026-11-26T18:00:00Z. TABLE is Dwipps, Reactions, Members or Safety.
Without a table, the command restores all four. `make deploy` puts the restored tables into use: the command prints how.

The credentials of boto3 must allow `cloudformation:DescribeStacks`, and for the tables
`dynamodb:RestoreTableToPointInTime` with the permissions that it requires, `DescribeContinuousBackups`,
`UpdateContinuousBackups`, `DescribeTimeToLive`, `UpdateTimeToLive`, `DescribeTable`, `UpdateTable`,
`ListTagsOfResource` and `TagResource`. No pipeline has all of them.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3

from scripts import command
from scripts.errors import OperatorError
from scripts.stack_outputs import fetch_outputs
from scripts.stacks import TABLES

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import WaiterConfigTypeDef

_USAGE = (
    f"Usage: make restore STAGE=dev AWS_REGION=eu-central-1 TIME=2026-11-26T18:00:00Z [TABLES='{' '.join(TABLES)}']"
)
# The restoration of a large table takes hours.
_WAITER: "WaiterConfigTypeDef" = {"Delay": 10, "MaxAttempts": 6 * 60 * 24}
_MAX_BACKUP_ATTEMPTS = 60
_DONE = """
The tables are restored, and not in use yet. Check them, then deploy with the image that runs now:

  make deploy STAGE={stage} AWS_REGION={region} IMAGE=<the image that runs now> {variables}
"""


def restore(client: "DynamoDBClient", tables: Mapping[str, str], moment: datetime) -> dict[str, str]:
    """Restore tables to a time. Return the names of the new tables.

    A restored table has neither the tags, the expiry nor the protection of the original, so these are copied:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/pointintimerecovery_beforeyoubegin.html

    Args:
        client: the client of DynamoDB.
        tables: the names of the tables, by any keys. The result has the same keys.
        moment: the time.

    Raises:
        OperatorError: if a table cannot be restored to this time. No restoration has begun then.
        ClientError: if DynamoDB refuses a call.
    """
    for table in tables.values():
        _check_moment(client, table, moment)
    targets = {key: _make_name(table, datetime.now(UTC)) for key, table in tables.items()}
    print("The variables of the next deployment:", *(f"{key}={target}" for key, target in targets.items()))
    for key, target in targets.items():
        print(f"Restoring {tables[key]} as {target} ...", flush=True)
        client.restore_table_to_point_in_time(
            SourceTableName=tables[key], TargetTableName=target, RestoreDateTime=moment
        )
    for key, target in targets.items():
        client.get_waiter("table_exists").wait(TableName=target, WaiterConfig=_WAITER)
        _copy_settings(client, tables[key], target)
        print(f"Restored {target}.", flush=True)
    return targets


def _check_moment(client: "DynamoDBClient", table: str, moment: datetime) -> None:
    backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    earliest, latest = recovery.get("EarliestRestorableDateTime"), recovery.get("LatestRestorableDateTime")
    if not earliest or not latest:
        raise OperatorError(
            f"{table} has no point-in-time recovery, so its past cannot be restored. To protect it from now on: aws"
            f" dynamodb update-continuous-backups --table-name {table}"
            " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
        )
    if not earliest <= moment <= latest:
        period = f"from {earliest.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} to {latest.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        raise OperatorError(f"{table} can be restored {period}.")


def _make_name(table: str, now: datetime) -> str:
    """Return the name of the new table. It begins with `dwipper-<stage>-`, as deploy/roles.yml requires."""
    original, _, _ = table.partition("-restored-")
    return f"{original}-restored-{now:%Y%m%d%H%M%S}"


def _copy_settings(client: "DynamoDBClient", source: str, target: str) -> None:
    expiry = client.describe_time_to_live(TableName=source)["TimeToLiveDescription"]
    if attribute := expiry.get("AttributeName"):
        client.update_time_to_live(
            TableName=target, TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute}
        )
    _enable_backups(client, target)
    client.update_table(TableName=target, DeletionProtectionEnabled=True)
    arns = [client.describe_table(TableName=table)["Table"]["TableArn"] for table in (source, target)]
    tags = client.list_tags_of_resource(ResourceArn=arns[0]).get("Tags", [])
    # Only CloudFormation itself may set its tags.
    if own := [tag for tag in tags if not tag["Key"].startswith("aws:")]:
        client.tag_resource(ResourceArn=arns[1], Tags=own)


def _enable_backups(client: "DynamoDBClient", table: str) -> None:
    """Enable point-in-time recovery, which DynamoDB refuses for some time after it has created a table.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html
    """
    for attempts_left in reversed(range(_MAX_BACKUP_ATTEMPTS)):
        try:
            client.update_continuous_backups(
                TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
        except client.exceptions.ContinuousBackupsUnavailableException:
            if not attempts_left:
                raise
            time.sleep(_WAITER["Delay"])
        else:
            return


def _parse_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise OperatorError("TIME must be in ISO 8601 with a time zone, such as 2026-11-26T18:00:00Z.")
    return moment


def _run(stage: str, text: str, tables: Sequence[str], region: str) -> None:
    moment = _parse_moment(text)
    outputs = fetch_outputs(stage, region)
    names = {f"RESTORED_{table.upper()}_TABLE": outputs[f"{table}Table"] for table in tables or TABLES}
    restored = restore(boto3.client("dynamodb", region_name=region), names, moment)
    variables = " ".join(f"{name}={table}" for name, table in restored.items())
    print(_DONE.format(stage=stage, region=region, variables=variables))


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the command. Return the exit code: 0 after a success, 1 after a failure, 2 if the arguments are invalid."""
    if len(arguments) < 2 or not environment.get("AWS_REGION") or not set(TABLES).issuperset(arguments[2:]):
        print(_USAGE, file=sys.stderr)
        return 2
    stage, moment, *tables = arguments
    return command.run(lambda: _run(stage, moment, tables, environment["AWS_REGION"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
