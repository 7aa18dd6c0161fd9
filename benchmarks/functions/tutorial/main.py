"""Dwipps in the style of a tutorial: FastAPI, Mangum, boto3, and the shortest code for each of three operations.

It checks no claims, returns no problem documents, and does not mark the reader's own upvotes. It loses concurrent
upvotes, because it reads the list of upvoters from the item and writes it back.
"""

import os
import uuid
from datetime import UTC, datetime
from typing import Any

import boto3
from fastapi import FastAPI, HTTPException, Request
from mangum import Mangum
from pydantic import BaseModel, Field

TABLE = os.environ["TUTORIAL_TABLE"]
dynamodb = boto3.client("dynamodb")
app = FastAPI(title="Dwipps")


class NewDwipp(BaseModel):
    """The body of a request."""

    text: str = Field(min_length=1, max_length=280)


class Dwipp(NewDwipp):
    """The body of a response."""

    id: str
    author: str
    created_at: datetime
    upvotes: int


def to_dwipp(item: dict[str, Any]) -> Dwipp:
    """Convert an item to a Dwipp."""
    return Dwipp(
        id=item["id"]["S"],
        text=item["text"]["S"],
        author=item["author"]["S"],
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
        upvotes=len(item["upvoters"]["L"]),
    )


@app.get("/v1/dwipps")
def list_dwipps(limit: int = 20) -> list[Dwipp]:
    """Return the newest Dwipps of all members."""
    response = dynamodb.query(
        TableName=TABLE,
        IndexName="feed",
        KeyConditionExpression="feed = :feed",
        ExpressionAttributeValues={":feed": {"S": "all"}},
        ScanIndexForward=False,
        Limit=limit,
    )
    return [to_dwipp(item) for item in response["Items"]]


@app.post("/v1/dwipps", status_code=201)
def create_dwipp(body: NewDwipp, request: Request) -> Dwipp:
    """Create a Dwipp."""
    item = {
        "id": {"S": str(uuid.uuid4())},
        "feed": {"S": "all"},
        "text": {"S": body.text},
        "author": {"S": get_caller(request)},
        "created_at": {"S": datetime.now(UTC).isoformat()},
        "upvoters": {"L": []},
    }
    dynamodb.put_item(TableName=TABLE, Item=item)
    return to_dwipp(item)


@app.post("/v1/dwipps/{dwipp_id}/upvote")
def toggle_upvote(dwipp_id: str, request: Request) -> Dwipp:
    """Upvote a Dwipp, or take the upvote back."""
    key = {"id": {"S": dwipp_id}}
    item = dynamodb.get_item(TableName=TABLE, Key=key).get("Item")
    if item is None:
        raise HTTPException(404)
    upvoters = item["upvoters"]["L"]
    upvote = {"S": get_caller(request)}
    if upvote in upvoters:
        upvoters.remove(upvote)
    else:
        upvoters.append(upvote)
    dynamodb.update_item(
        TableName=TABLE,
        Key=key,
        UpdateExpression="SET upvoters = :upvoters",
        ExpressionAttributeValues={":upvoters": {"L": upvoters}},
    )
    return to_dwipp(item)


def get_caller(request: Request) -> str:
    """Return the `sub` claim that the authorizer passed on."""
    subject: str = request.scope["aws.event"]["requestContext"]["authorizer"]["claims"]["sub"]
    return subject


handler = Mangum(app, lifespan="off")
