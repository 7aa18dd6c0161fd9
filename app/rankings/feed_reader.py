"""A reader of the ids and the upvotes of a period, from the feed of `app/dwipps/repository.py`.

The feed is an index of the Dwipps by shard and id, without the removed ones. Ids sort by time, so a period is a range
of ids. A Dwipp holds its count of upvotes, so the rows of the upvotes are not read. 8 KB of Dwipps cost one unit.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from app.aws.items import serialize

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# The read units of a shard in any second are at most MAX_UNITS_PER_SECOND. A query reads at most 1 MB, which is 128
# units. So the average is kept lower by one query.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
MAX_UNITS_PER_SECOND = 500
MAX_UNITS_PER_QUERY = 128
UNITS_PER_SECOND = MAX_UNITS_PER_SECOND - MAX_UNITS_PER_QUERY

# Sorts directly after an id that it is appended to, and before all other ids.
_NEXT = "0"


class FeedSlice(NamedTuple):
    """Successive Dwipps of a shard.

    Attributes:
        dwipps: the packed id and the upvotes of each.
        position: the position at which the shard goes on. The end of the period if nothing follows.
    """

    dwipps: Sequence[tuple[bytes, int]]
    position: str


def position_at(moment: datetime) -> str:
    """Return the position before all Dwipps that were created at this time or later, to the millisecond."""
    digits = f"{round(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"


class FeedReader:
    """The reader of one process. It paces the reads of each shard.

    Args:
        client: the client of DynamoDB.
        table: the Dwipps table.
        shards: the number of shards of the feed.
    """

    def __init__(self, client: "DynamoDBClient", table: str, shards: int) -> None:
        self._client = client
        self._table = table
        self.shards = range(shards)

    def iter_slices(self, shard: int, position: str, end: str) -> Iterator[FeedSlice]:
        """Yield the Dwipps of a shard, at most 1 MB at a time. Pause after each read.

        Args:
            shard: the shard.
            position: the first position.
            end: the position before which the period ends.
        """
        while position != end:
            started = time.monotonic()
            response = self._query(shard, position, end)
            dwipps = [(UUID(item["dwipp_id"]["S"]).bytes, int(item["upvotes"]["N"])) for item in response["Items"]]
            last = response.get("LastEvaluatedKey")
            position = last["dwipp_id"]["S"] + _NEXT if last else end
            units = response.get("ConsumedCapacity", {}).get("CapacityUnits", 0)  # MiniStack reports none.
            # Before the yield, because the caller may end here and go on with another call.
            time.sleep(max(0.0, started + units / UNITS_PER_SECOND - time.monotonic()))
            yield FeedSlice(dwipps, position)

    def _query(self, shard: int, position: str, end: str) -> Any:
        return self._client.query(
            TableName=self._table,
            IndexName="feed",
            KeyConditionExpression="feed_shard = :shard AND dwipp_id BETWEEN :position AND :end",
            ExpressionAttributeValues=serialize({":shard": shard, ":position": position, ":end": end}),
            ProjectionExpression="dwipp_id, upvotes",
            ReturnConsumedCapacity="TOTAL",
        )
