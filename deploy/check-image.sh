#!/usr/bin/env bash
# Check that an image contains the app and all packages that the function needs: deploy/check-image.sh IMAGE
#
# The handler responds to a request in a container without a network, with settings that name no real resources.
set -euo pipefail

docker run --rm --network none --entrypoint python3 \
  --env AWS_REGION=us-east-1 --env USER_POOL_ID=none --env USER_POOL_CLIENT_ID=none \
  --env DWIPPS_TABLE=none --env REACTIONS_TABLE=none --env MEMBERS_TABLE=none "$1" -c '
import app.auth.tokens
from app.lambda_handler import handler

request = {"httpMethod": "GET", "resource": "/{proxy+}", "path": "/health", "pathParameters": {"proxy": "health"}}
context = {"stage": "dev", "path": "/dev/health", "identity": {}}
response = handler(request | {"requestContext": context, "headers": {}, "body": None, "isBase64Encoded": False}, None)
assert response["statusCode"] == 200, response
print(response["body"])
'
