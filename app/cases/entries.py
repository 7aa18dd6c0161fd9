"""The entries of the lists of cases: the open cases, and the closed ones.

Rows of the safety table:

    pk = cases#open             opening and expires_at (as in the row of the case), author
    sk = <listed_at>#<dwipp_id>

    pk = cases#closed           expires_at
    sk = <listed_at>#<dwipp_id>

Both lists are in order of the first report. The row of a case is the truth, see `app/cases/repository.py`. An entry is
written with or before the state that it lists, and is deleted after it. So an interrupted write can leave an entry too
many, but never one too few. Readers skip entries that do not match the row of the case.

An index would list the cases too. But a transaction writes each index at double cost, and a decision has no units left.
"""

from typing import TYPE_CHECKING, Any

from app.aws.errors import is_transient, log_suppressed
from app.aws.items import deserialize, query, serialize
from app.cases.models import Case, Status

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_OPEN_LIST = "cases#open"
_LISTS: dict[Status, str] = {"open": _OPEN_LIST, "closed": "cases#closed"}


class CaseEntries:
    """The repository of entries. An entry is named by its sort key."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def list_page(self, status: Status, limit: int, after: str | None) -> list[str]:
        """Return the entries of a list after an entry, oldest first report first."""
        items = query(
            self._client,
            limit,
            TableName=self._table,
            KeyConditionExpression="pk = :pk" + (" AND sk > :after" if after else ""),
            ExpressionAttributeValues=serialize({":pk": _LISTS[status], ":after": after}),
        )
        return [deserialize(item)["sk"] for item in items]

    def list_open_of(self, author: str) -> list[str]:
        """Return the entries of open cases about Dwipps of this author. It reads the list of all open cases."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            FilterExpression="author = :author",
            ExpressionAttributeValues=serialize({":pk": _OPEN_LIST, ":author": author}),
        )
        return [deserialize(item)["sk"] for page in pages for item in page["Items"]]

    def open_request(self, case: Case, expires_at: int) -> Any:
        """Return the put of an open case's entry, for the transaction that opens the case."""
        item = {
            "pk": _OPEN_LIST,
            "sk": case.entry_key,
            "opening": case.opening,
            "author": case.author,
            "expires_at": expires_at,
        }
        return {"TableName": self._table, "Item": serialize(item)}

    def add_closed(self, case: Case, expires_at: int) -> None:
        """Add the entry of a case that is about to be closed. It expires with the case."""
        item = {"pk": _LISTS["closed"], "sk": case.entry_key, "expires_at": expires_at}
        self._client.put_item(TableName=self._table, Item=serialize(item))

    def delete(self, entry: str) -> None:
        """Delete an entry from the list of open cases. No report can open the case again, because its Dwipp is gone."""
        self._client.delete_item(TableName=self._table, Key=serialize({"pk": _OPEN_LIST, "sk": entry}))

    def delete_open(self, case: Case) -> None:
        """Delete the entry of a case that was closed, unless a report has opened the case again.

        A transient error is logged only. Readers skip the entry.
        """
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=serialize({"pk": _OPEN_LIST, "sk": case.entry_key}),
                ConditionExpression="opening = :opening",
                ExpressionAttributeValues=serialize({":opening": case.opening}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
        except Exception as error:
            if not is_transient(error):
                raise
            log_suppressed(error)
