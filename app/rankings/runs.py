"""The state of a run that needs more than one message: where it stands, and the best Dwipps so far.

Rows of the safety table:

    pk = snapshot#<list>  as_of, step (the number of saves), positions (a map from shard to position), dwipps (how many
    sk = run              were read), best (packed candidates), expires_at

Of two workers on one run, only one saves each step. The other stops.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from app.aws.errors import was_sdk_retry
from app.aws.items import deserialize, serialize
from app.aws.timestamps import from_text, now, to_text
from app.rankings.candidates import Candidates
from app.rankings.lists import RankedList
from app.rankings.snapshots import key

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# The sweep resumes an interrupted run within 20 minutes. After this time, a run begins anew.
_TTL = timedelta(days=7)
_SK = "run"


class Run(NamedTuple):
    """A run.

    Attributes:
        as_of: the time at which it began, in whole milliseconds.
        candidates: the best Dwipps so far.
        positions: the position of each shard that was read.
        dwipps: the number of Dwipps that were read.
        step: the number of saves.
    """

    as_of: datetime
    candidates: Candidates
    positions: Mapping[int, str]
    dwipps: int = 0
    step: int = 0


class RunRepository:
    """The repository of runs."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, ranked: RankedList) -> Run | None:
        """Return the run of a list. None if there is none, or if it has expired."""
        response = self._client.get_item(TableName=self._table, Key=key(ranked.name, _SK), ConsistentRead=True)
        values = deserialize(response.get("Item", {}))
        if not values or values["expires_at"] <= now().timestamp():
            return None
        as_of = from_text(values["as_of"])
        candidates = Candidates.unpack(ranked.score, as_of, bytes(values["best"]))
        positions = {int(shard): position for shard, position in values["positions"].items()}
        return Run(as_of, candidates, positions, int(values["dwipps"]), int(values["step"]))

    def save(self, ranked: RankedList, run: Run) -> bool:
        """Save the next step of a run. Return False if another worker has saved it, or has begun a later run."""
        values = {
            "as_of": to_text(run.as_of),
            "step": run.step,
            "positions": {str(shard): position for shard, position in run.positions.items()},
            "dwipps": run.dwipps,
            "best": run.candidates.pack(),
            "expires_at": int((now() + _TTL).timestamp()),
        }
        condition = "as_of = :as_of AND step = :before"
        if run.step == 1:
            condition = "attribute_not_exists(pk) OR as_of < :as_of"
        conditions = {":as_of": to_text(run.as_of), ":before": run.step - 1 if run.step > 1 else None}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=key(ranked.name, _SK) | serialize(values),
                ConditionExpression=condition,
                ExpressionAttributeValues=serialize(conditions),
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return was_sdk_retry(error)  # The first attempt of the SDK may have saved it.
        return True

    def delete_request(self, ranked: RankedList) -> Any:
        """Return the delete of the run of a list, for the transaction that ends it."""
        return {"TableName": self._table, "Key": key(ranked.name, _SK)}
