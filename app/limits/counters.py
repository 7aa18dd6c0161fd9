"""The counters of writes, which enforce the limits of members.

Rows of the members table:

    pk = limit#<hash of member, kind and date>  hour_00 to hour_23: the count of each hour
                                                day: the count of the day
                                                last_token: the random token of the last counted write
                                                expires_at

One conditional update raises both counts before the write. So the writes that succeed cannot exceed the limit. The
update takes one write unit. If it fails, the write is refused: docs/adr/0032-count-writes-before-they-happen.md.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

from app.aws.clients import dynamodb_client
from app.aws.errors import existing_item, was_sdk_retry
from app.aws.items import deserialize, serialize
from app.aws.timestamps import now
from app.errors import RateLimitedError
from app.limits.policies import Kind, Limit, Policies, Usage, format_fields, retry_after_seconds

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# A row is of no use after its day.
_TTL = timedelta(days=1)


class Count(NamedTuple):
    """A counted write.

    Attributes:
        pk: the key of the row that counts it.
        moment: the time at which it was counted.
        usages: the state of its limits. Empty if there are no limits. Nothing is counted then.
    """

    pk: str
    moment: datetime
    usages: Sequence[Usage]

    @property
    def fields(self) -> dict[str, str]:
        """Return the header fields that tell a client its limits."""
        return format_fields(self.usages, self.moment)


class LimitCounters:
    """The counters of all members."""

    def __init__(self, client: "DynamoDBClient", region: str, table: str, policies: Policies) -> None:
        self._client = client
        self._region = region
        self._table = table
        self._policies = policies
        self._lock = RLock()

    # A retry by the SDK could lower a count twice. Then more writes than the limit allows could succeed. The client is
    # created on first use, because most requests do not need it.
    @cached_property
    def _single_attempt_client(self) -> "DynamoDBClient":
        with self._lock:
            return dynamodb_client(self._region, single_attempt=True)

    def count(self, member_id: str, kind: Kind) -> Count:
        """Count a write that is about to happen.

        Raises:
            RateLimitedError: if a limit is used up. Nothing is counted then.
        """
        moment = now()
        pk = _pk(member_id, kind, moment)
        limits = self._policies[kind]
        counts = self._add(pk, moment, limits) if limits else {}
        return Count(pk, moment, _usages(limits, counts, moment))

    def take_back(self, count: Count) -> None:
        """Lower the counts again, because the write changed nothing. After an error, they may or may not be lowered."""
        if count.usages:
            self._single_attempt_client.update_item(
                TableName=self._table,
                Key=serialize({"pk": count.pk}),
                UpdateExpression="ADD #hour :minus_one, #day :minus_one",
                ExpressionAttributeNames=_attribute_names(count.moment),
                ExpressionAttributeValues=serialize({":minus_one": -1}),
            )

    def _add(self, pk: str, moment: datetime, limits: Sequence[Limit]) -> Mapping[str, Any]:
        """Raise the counts. Return the row."""
        token = uuid.uuid4().hex
        conditions = [
            "(attribute_not_exists(last_token) OR last_token <> :token)",
            *(f"(attribute_not_exists(#{each.window}) OR #{each.window} < :{each.window})" for each in limits),
        ]
        quotas = {f":{each.window}": each.quota for each in limits}
        values = {":one": 1, ":token": token, ":expires_at": int((moment + _TTL).timestamp())}
        try:
            response = self._client.update_item(
                TableName=self._table,
                Key=serialize({"pk": pk}),
                UpdateExpression="ADD #hour :one, #day :one SET last_token = :token, expires_at = :expires_at",
                ConditionExpression=" AND ".join(conditions),
                ExpressionAttributeNames=_attribute_names(moment),
                ExpressionAttributeValues=serialize(values | quotas),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            row = deserialize(existing_item(error) or {})
            # If the SDK retried, its first attempt may have counted the write. Then the row has the token of this
            # write. If another write was counted in between, the row has another token. Then this write may count
            # twice, or be refused although it was counted.
            if was_sdk_retry(error) and row.get("last_token") == token:
                return row
            usages = _usages(limits, row, moment)
            raise RateLimitedError(retry_after_seconds(usages, moment), format_fields(usages, moment)) from error
        return deserialize(response["Attributes"])


def _pk(member_id: str, kind: Kind, moment: datetime) -> str:
    parts = "\n".join((member_id, kind, f"{moment:%Y-%m-%d}"))
    return f"limit#{hashlib.sha256(parts.encode()).hexdigest()}"


def _attribute_names(moment: datetime) -> dict[str, str]:
    return {"#hour": f"hour_{moment:%H}", "#day": "day"}


def _usages(limits: Sequence[Limit], row: Mapping[str, Any], moment: datetime) -> list[Usage]:
    names = _attribute_names(moment)
    return [Usage(each, int(row.get(names[f"#{each.window}"], 0))) for each in limits]
