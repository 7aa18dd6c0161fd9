#!/usr/bin/env bash
# Check that an image contains the app and all packages that the functions need:
#
#   deploy/check-image.sh IMAGE
#
# The check runs in a container without a network, with settings that name no real resources. The handler of the API
# must respond to a request. The handler of the worker must be importable.
set -euo pipefail

docker run --rm --network none --entrypoint python3 \
  --env AWS_REGION=us-east-1 --env USER_POOL_ID=none --env USER_POOL_CLIENT_ID=none \
  --env DWIPPS_TABLE=none --env REACTIONS_TABLE=none --env MEMBERS_TABLE=none \
  --env SAFETY_TABLE=none --env JOB_QUEUE_URL=none "$1" -c '
import app.auth.tokens
import app.worker_handler
from app.aws.clients import sqs_client
from app.lambda_handler import handler

sqs_client("us-east-1")  # The handlers create this client only when they send a message.

request = {"httpMethod": "GET", "resource": "/{proxy+}", "path": "/health", "pathParameters": {"proxy": "health"}}
context = {"stage": "dev", "path": "/dev/health", "identity": {}}
response = handler(request | {"requestContext": context, "headers": {}, "body": None, "isBase64Encoded": False}, None)
assert response["statusCode"] == 200, response
print(response["body"])
'
