"""Dwipps as a tutorial has them: FastAPI, Mangum, boto3, and the shortest way to each of three operations.

It checks no claims, has no problem bodies, shows a reader's own upvotes to nobody, and loses upvotes that meet: who
upvoted is read from the item and written back to it.
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
    """What somebody writes."""

    text: str = Field(min_length=1, max_length=280)


class Dwipp(NewDwipp):
    """What everybody reads."""

    id: str
    author: str
    created_at: datetime
    upvotes: int


def dwipp_of(item: dict[str, Any]) -> Dwipp:
    """The Dwipp that an item holds."""
    return Dwipp(
        id=item["id"]["S"],
        text=item["text"]["S"],
        author=item["author"]["S"],
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
        upvotes=len(item["upvoters"]["L"]),
    )


@app.get("/v1/dwipps")
def list_dwipps(limit: int = 20) -> list[Dwipp]:
    """Everybody's Dwipps, newest first."""
    answer = dynamodb.query(
        TableName=TABLE,
        IndexName="feed",
        KeyConditionExpression="feed = :feed",
        ExpressionAttributeValues={":feed": {"S": "all"}},
        ScanIndexForward=False,
        Limit=limit,
    )
    return [dwipp_of(item) for item in answer["Items"]]


@app.post("/v1/dwipps", status_code=201)
def create_dwipp(body: NewDwipp, request: Request) -> Dwipp:
    """Write a Dwipp."""
    item = {
        "id": {"S": str(uuid.uuid4())},
        "feed": {"S": "all"},
        "text": {"S": body.text},
        "author": {"S": caller_of(request)},
        "created_at": {"S": datetime.now(UTC).isoformat()},
        "upvoters": {"L": []},
    }
    dynamodb.put_item(TableName=TABLE, Item=item)
    return dwipp_of(item)


@app.post("/v1/dwipps/{dwipp_id}/upvote")
def toggle_upvote(dwipp_id: str, request: Request) -> Dwipp:
    """Upvote a Dwipp, or take the upvote back."""
    key = {"id": {"S": dwipp_id}}
    item = dynamodb.get_item(TableName=TABLE, Key=key).get("Item")
    if item is None:
        raise HTTPException(404)
    upvoters = item["upvoters"]["L"]
    upvote = {"S": caller_of(request)}
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
    return dwipp_of(item)


def caller_of(request: Request) -> str:
    """Who the authorizer says it is."""
    subject: str = request.scope["aws.event"]["requestContext"]["authorizer"]["claims"]["sub"]
    return subject


handler = Mangum(app, lifespan="off")
