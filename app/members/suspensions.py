"""Suspensions: a suspended member may read, delete and export, but not write.

Rows of the members table:

    pk = member#<id>                     suspension, a map: id, at, until, reason, bulk_id, email_hash
    pk = suspension#<hash of the email>  id, at, until, reason, expires_at

Each write reads the member's row anyway, so the refusal costs no further read. The other row outlives the account. If a
new member has the same email, their first request copies what is left of the suspension into their row.

A suspension without an end has neither `until` nor `expires_at`. The deletion of the account adds both, so that it ends
a year later. The hash of the email is in the member's row, so that this does not depend on the user in Cognito.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.aws.items import deserialize, serialize
from app.aws.timestamps import from_text, now, to_text
from app.members.models import Member, Suspension

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# How long a suspension without an end outlives the account.
LAST_PERIOD = timedelta(days=365)


class SuspensionRepository:
    """The repository of suspensions, by member and by email."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def suspend_requests(self, member: Member, email: str, suspension: Suspension) -> list[Any]:
        """Return the writes of a transaction that suspends a member, or replaces the suspension.

        The first one has the condition that the member exists, is not being deleted, and has the same suspension as
        when it was read.
        """
        email_hash = hash_email(email)
        update = {
            "TableName": self._table,
            "Key": serialize({"pk": f"member#{member.id}"}),
            "UpdateExpression": "SET suspension = :suspension",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(deleting_since) AND "
            + _unchanged(member.suspension),
            **({} if member.suspension else {"ExpressionAttributeNames": {"#until": "until"}}),
            "ExpressionAttributeValues": serialize(
                {":suspension": to_map(replace(suspension, email_hash=email_hash))} | _seen(member.suspension)
            ),
        }
        row = {
            "pk": _email_key(email_hash),
            **to_map(replace(suspension, email_hash=None, bulk_id=None)),
            "expires_at": None if suspension.until is None else _expires_at(suspension.until),
        }
        return [{"Update": update}, {"Put": {"TableName": self._table, "Item": serialize(row)}}]

    def lift_requests(self, member_id: str, suspension: Suspension) -> list[Any]:
        """Return the writes of a transaction that lifts a member's suspension.

        The first one has the condition that the member still has this suspension.
        """
        update = {
            "TableName": self._table,
            "Key": serialize({"pk": f"member#{member_id}"}),
            "UpdateExpression": "REMOVE suspension",
            "ConditionExpression": _unchanged(suspension),
            "ExpressionAttributeValues": serialize(_seen(suspension)),
        }
        # The hash of the suspension, because the email of the user in Cognito may be another one since.
        delete = {"TableName": self._table, "Key": serialize({"pk": _email_key(suspension.email_hash or "")})}
        return [{"Update": update}, {"Delete": delete}]

    def get_last(self, member_id: str) -> Suspension | None:
        """Return the suspension in a member's row, which may have ended. None if there is none."""
        key = serialize({"pk": f"member#{member_id}"})
        response = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return last_from_map(deserialize(response.get("Item", {})).get("suspension"))

    def get_for_email(self, email: str) -> Suspension | None:
        """Return what is left of the suspension of an account with this email. None if there is none."""
        email_hash = hash_email(email)
        key = serialize({"pk": _email_key(email_hash)})
        response = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        row = deserialize(response.get("Item", {}))
        return from_map(row | {"email_hash": email_hash}) if row else None

    def end_with_account(self, suspension: Suspension) -> None:
        """Let a suspension without an end end a year from now, because its account is deleted now. Repeatable."""
        if suspension.until is not None or suspension.email_hash is None:
            return
        until = now() + LAST_PERIOD
        try:
            self._client.update_item(
                TableName=self._table,
                Key=serialize({"pk": _email_key(suspension.email_hash)}),
                UpdateExpression="SET #until = :until, expires_at = :expires_at",
                ConditionExpression="id = :id",
                ExpressionAttributeNames={"#until": "until"},  # A reserved word.
                ExpressionAttributeValues=serialize(
                    {":id": suspension.id, ":until": to_text(until), ":expires_at": _expires_at(until)}
                ),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # It was lifted since, or the next account with the email has another one.


def hash_email(email: str) -> str:
    """Return the hash of an email, which is case-insensitive. It differs from the hashes for other purposes."""
    return hashlib.sha256(f"suspension\n{email.lower()}".encode()).hexdigest()


def to_map(suspension: Suspension) -> dict[str, str]:
    """Return a suspension in the form of the rows. Absent values are left out."""
    values = {
        "id": suspension.id,
        "at": to_text(suspension.at),
        "until": to_text(suspension.until) if suspension.until else None,
        "reason": suspension.reason,
        "bulk_id": suspension.bulk_id,
        "email_hash": suspension.email_hash,
    }
    return {name: value for name, value in values.items() if value is not None}


def from_map(values: Mapping[str, Any] | None) -> Suspension | None:
    """Return the suspension in a map that `to_map` made. None if there is none, or if it has ended."""
    return select_in_force(last_from_map(values))


def select_in_force(suspension: Suspension | None) -> Suspension | None:
    """Return the suspension, None if it has ended."""
    if suspension is None or suspension.until is None or suspension.until > now():
        return suspension
    return None


def last_from_map(values: Mapping[str, Any] | None) -> Suspension | None:
    """Return the suspension in a map that `to_map` made, which may have ended. None if there is none."""
    if values is None:
        return None
    until = from_text(values["until"]) if "until" in values else None
    return Suspension(
        *(values["id"], from_text(values["at"]), until, values["reason"]),
        bulk_id=values.get("bulk_id"),
        email_hash=values.get("email_hash"),
    )


def _unchanged(seen: Suspension | None) -> str:
    """Return the condition that a member's suspension is still the one that was read. `until` is a reserved word."""
    return "suspension.id = :seen" if seen else "(attribute_not_exists(suspension) OR suspension.#until <= :now)"


def _seen(seen: Suspension | None) -> dict[str, str]:
    return {":seen": seen.id} if seen else {":now": to_text(now())}


def _email_key(email_hash: str) -> str:
    return f"suspension#{email_hash}"


def _expires_at(until: datetime) -> int:
    return math.ceil(until.timestamp())
