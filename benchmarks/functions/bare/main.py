"""A Lambda function that does no work. It shows the part of a cold start that does not depend on the code."""

from typing import Any


def handler(_event: Any, _context: Any) -> dict[str, Any]:
    """Return an empty page."""
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": '{"items": []}'}
