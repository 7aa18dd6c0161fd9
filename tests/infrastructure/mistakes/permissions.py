"""Mistakes in the roles, and in the properties of the functions."""

import re
from collections.abc import Mapping

from tests.infrastructure.mistakes.mistake import Mistake
from tests.infrastructure.rules import functions, permissions

MISTAKES: Mapping[str, Mistake] = {
    "wildcard-action": Mistake(
        "deploy/role.yml",
        "dynamodb:BatchGetItem",
        "dynamodb:*",
        permissions.check_wildcards,
    ),
    "wildcard-resource": Mistake(
        "deploy/role.yml",
        re.compile(r"!Sub .*/\$\{DwippsTable\}"),
        '"*"',
        permissions.check_wildcards,
    ),
    "missing-action": Mistake(
        "deploy/role.yml",
        "                  - cognito-idp:AdminGetUser\n",
        "",
        permissions.check_called_actions,
    ),
    "unused-action": Mistake(
        "deploy/role.yml",
        "cognito-idp:AdminGetUser\n",
        "cognito-idp:AdminGetUser\n                  - cognito-idp:AdminSetUserPassword\n",
        permissions.check_called_actions,
    ),
    "role-for-anybody": Mistake(
        "deploy/role.yml",
        "Principal: { Service: lambda.amazonaws.com }",
        'Principal: { AWS: "*" }',
        permissions.check_role_trust,
    ),
    "reservation-that-a-new-account-refuses": Mistake(
        "deploy/functions.yml",
        "!If [HasApiConcurrency, !Ref ApiConcurrency, !Ref AWS::NoValue]",
        "20",
        functions.check_concurrency,
    ),
    "architecture-of-one-function-is-fixed": Mistake(
        "deploy/functions.yml",
        re.compile(r"(?<=WorkerLambdaFunction:\n    Properties:\n      Architectures: )\[!Ref Architecture\]"),
        "[arm64]",
        permissions.check_function_properties,
    ),
    "invalid-setting-of-the-app": Mistake(
        "serverless.yml",
        "feedCacheSeconds: 0\n",
        "feedCacheSeconds: 600\n",
        permissions.check_function_properties,
    ),
    "limit-is-not-the-default": Mistake(
        "serverless.yml",
        "limitDwippsHour: 30\n",
        "limitDwippsHour: 3000\n",
        permissions.check_function_properties,
    ),
    "worker-with-the-role-of-the-api": Mistake(
        "serverless.yml",
        "!GetAtt WorkerRole.Arn",
        "!GetAtt FunctionRole.Arn",
        permissions.check_function_properties,
    ),
    "api-outlasts-the-gateway": Mistake(
        "serverless.yml",
        "timeout: 28 ",
        "timeout: 29 ",
        permissions.check_function_properties,
    ),
    "missing-setting-of-the-app": Mistake(
        "serverless.yml",
        "    JOB_QUEUE_URL: !Ref JobQueueUrl\n",
        "",
        permissions.check_function_properties,
    ),
    "worker-cannot-receive": Mistake(
        "deploy/role.yml",
        ", sqs:ReceiveMessage",
        "",
        permissions.check_queue_actions,
    ),
    "api-may-receive": Mistake(
        "deploy/role.yml",
        "Action: sqs:SendMessage",
        "Action: [sqs:ReceiveMessage, sqs:SendMessage]",
        permissions.check_queue_actions,
    ),
    "api-may-send-to-the-dead-letters": Mistake(
        "deploy/role.yml",
        "!Ref JobQueueArn",
        "!Ref DeadLetterQueueArn",
        permissions.check_queue_actions,
    ),
    "worker-may-read-all-secrets": Mistake(
        "deploy/role.yml",
        "Resource: !Ref HeartbeatSecret",
        "Resource: !Sub arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*",
        permissions.check_secret_actions,
    ),
    "api-without-the-secret-but-with-its-name": Mistake(
        "serverless.yml",
        "    JOB_QUEUE_URL: !Ref JobQueueUrl\n",
        "    JOB_QUEUE_URL: !Ref JobQueueUrl\n    HEARTBEAT_SECRET_ARN: !Ref HeartbeatSecret\n",
        permissions.check_function_properties,
    ),
    "release-role-of-another-service": Mistake(
        "deploy/release.yml",
        "codedeploy.amazonaws.com",
        "cloudformation.amazonaws.com",
        permissions.check_role_trust,
    ),
}
