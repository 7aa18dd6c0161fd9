"""Mistakes in the gateway: its routes, its settings, its responses and its domain."""

import re
from collections.abc import Mapping

from tests.infrastructure.mistakes.mistake import Mistake
from tests.infrastructure.rules import compression, domain, gateway

_FUNCTION_URL = """Resources:
  Url:
    Type: AWS::Lambda::Url
    Properties:
      AuthType: NONE
      TargetFunctionArn: !GetAtt ApiLambdaFunction.Arn
"""

MISTAKES: Mapping[str, Mistake] = {
    "route-without-authorizer": Mistake(
        "serverless.yml",
        re.compile(r"          authorizer:\n(            .*\n)+"),
        "",
        gateway.check_member_routes,
    ),
    "id-token-accepted": Mistake(
        "serverless.yml",
        "            scopes: [aws.cognito.signin.user.admin]\n",
        "",
        gateway.check_member_routes,
    ),
    "exact-path-without-authorizer": Mistake(
        "serverless.yml",
        '      - http: { path: "/v1/{proxy+}", method: options }\n',
        "      - http: { path: /v1/dwipps, method: get }\n",
        gateway.check_member_routes,
    ),
    "other-user-pool": Mistake(
        "deploy/gateway.yml",
        "${UserPoolId}",
        "${OtherPoolId}",
        gateway.check_authorizer,
    ),
    "no-rate-limit": Mistake(
        "deploy/limits.js",
        "  ThrottlingRateLimit,\n",
        "",
        gateway.check_stage_settings,
    ),
    "tls-1.0": Mistake(
        "serverless.yml",
        "securityPolicy: SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
        "securityPolicy: TLS_1_0",
        domain.check_tls,
    ),
    "no-compression": Mistake(
        "serverless.yml",
        "    minimumCompressionSize: 1400\n",
        "",
        compression.check_compression,
    ),
    "binary-responses": Mistake(
        "serverless.yml",
        "    minimumCompressionSize: 1400\n",
        "    minimumCompressionSize: 1400\n    binaryMediaTypes: ['*/*']\n",
        compression.check_compression,
    ),
    "default-endpoint-beside-the-domain": Mistake(
        "deploy/gateway.yml",
        "!If [HasDomainName, true, false]",
        "!If [HasDomainName, false, false]",
        domain.check_domain,
    ),
    "domain-without-a-name": Mistake(
        "deploy/gateway.yml",
        "    Condition: HasDomainName\n",
        "",
        domain.check_domain,
    ),
    "domain-of-no-stage": Mistake(
        "deploy/gateway.yml",
        "      Stage: !Ref ApiStage\n",
        "",
        domain.check_domain,
    ),
    "url-is-not-the-domain": Mistake(
        "deploy/gateway.yml",
        "!Sub https://${DomainName}",
        "!Sub https://${DomainName}/${ApiStage}",
        domain.check_domain,
    ),
    "gateway-response-without-problem": Mistake(
        "deploy/responses.js",
        "'application/problem+json'",
        "'application/json'",
        gateway.check_gateway_responses,
    ),
    "gateway-response-of-unknown-type": Mistake(
        "deploy/responses.js",
        "429, 'too-many-requests', 'Too many requests', 'All",
        "429, 'throttled', 'Too many requests', 'All",
        gateway.check_gateway_responses,
    ),
    "gateway-response-without-status": Mistake(
        "deploy/responses.js",
        "title, status, detail",
        "title, detail",
        gateway.check_gateway_responses,
    ),
    "gateway-response-without-retry-after": Mistake(
        "deploy/responses.js",
        "'The service did not answer. Try again.', RETRY_SECONDS]",
        "'The service did not answer. Try again.']",
        gateway.check_gateway_responses,
    ),
    "missing-gateway-response": Mistake(
        "deploy/responses.js",
        re.compile(r"  \['THROTTLED'.*\n"),
        "",
        gateway.check_gateway_responses,
    ),
    "function-url": Mistake(
        "deploy/role.yml",
        "Resources:\n",
        _FUNCTION_URL,
        gateway.check_function_callers,
    ),
    "no-traces": Mistake(
        "deploy/gateway.yml",
        "TracingEnabled: true",
        "TracingEnabled: false",
        gateway.check_stage_settings,
    ),
    "edge-optimized-endpoint": Mistake(
        "serverless.yml",
        "endpointType: REGIONAL",
        "endpointType: EDGE",
        gateway.check_endpoint_type,
    ),
    "api-invoked-by-a-schedule": Mistake(
        "serverless.yml",
        "      - http: { path: /, method: any }\n",
        "      - http: { path: /, method: any }\n      - schedule: rate(5 minutes)\n",
        gateway.check_function_callers,
    ),
    "api-invoked-by-the-queue": Mistake(
        "serverless.yml",
        "      - http: { path: /, method: any }\n",
        "      - http: { path: /, method: any }\n      - sqs: arn:aws:sqs:us-east-1:000000000000:jobs\n",
        gateway.check_function_callers,
    ),
    "schedule-may-not-invoke-the-worker": Mistake(
        "serverless.yml",
        re.compile(r"(?:      - schedule:\n(?:          .*\n)+)+"),
        "",
        gateway.check_function_callers,
    ),
}
