#!/usr/bin/env bash
# Whether an image of the function holds the app and all that the app needs: deploy/check-image.sh IMAGE
#
# Its handler answers in it, with settings that lead nowhere and no network.
set -euo pipefail

docker run --rm --network none --entrypoint python3 \
  --env AWS_REGION=us-east-1 --env USER_POOL_ID=none --env USER_POOL_CLIENT_ID=none \
  --env DWIPPS_TABLE=none --env REACTIONS_TABLE=none --env MEMBERS_TABLE=none "$1" -c '
import app.auth.tokens
from app.lambda_handler import handler

request = {"httpMethod": "GET", "resource": "/{proxy+}", "path": "/health", "pathParameters": {"proxy": "health"}}
context = {"stage": "dev", "path": "/dev/health", "identity": {}}
answer = handler(request | {"requestContext": context, "headers": {}, "body": None, "isBase64Encoded": False}, None)
assert answer["statusCode"] == 200, answer
print(answer["body"])
'
