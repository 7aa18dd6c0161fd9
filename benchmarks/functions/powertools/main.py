"""The tutorial's function with Powertools' resolver instead of FastAPI and Mangum. It serves only the feed."""

import os
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

TABLE = os.environ["TUTORIAL_TABLE"]
dynamodb = boto3.client("dynamodb")
app = APIGatewayRestResolver()


@app.get("/v1/dwipps")
def list_dwipps() -> list[dict[str, Any]]:
    """Return the newest Dwipps of all members."""
    response = dynamodb.query(
        TableName=TABLE,
        IndexName="feed",
        KeyConditionExpression="feed = :feed",
        ExpressionAttributeValues={":feed": {"S": "all"}},
        ScanIndexForward=False,
        Limit=20,
    )
    return [
        {
            "id": item["id"]["S"],
            "text": item["text"]["S"],
            "author": item["author"]["S"],
            "created_at": item["created_at"]["S"],
            "upvotes": len(item["upvoters"]["L"]),
        }
        for item in response["Items"]
    ]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle an event of a REST API."""
    return app.resolve(event, context)
