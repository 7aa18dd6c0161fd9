"""Rules for IAM and for the functions."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.errors import MisconfiguredError
from app.settings import MemberLimits, Settings
from devstack.paths import ROOT
from tests.infrastructure.rules.resources import Template, as_list, find_resources

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
_ACTIONS_WITHOUT_RESOURCES = frozenset(
    {"cloudwatch:DescribeAlarms", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
)
_IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com/[\w/-]+@sha256:[0-9a-f]{64}")
_GATEWAY_TIMEOUT_SECONDS = 29

# Operations of Cognito that check no IAM permission of the caller.
_UNAUTHENTICATED_CALLS = frozenset(
    {
        *("change_password", "confirm_forgot_password", "confirm_sign_up", "forgot_password", "get_user"),
        *("resend_confirmation_code", "revoke_token", "sign_up"),
    }
)
_TRANSACTION_ACTIONS = {
    '"ConditionCheck":': "ConditionCheckItem",
    '"Delete":': "DeleteItem",
    '"Put":': "PutItem",
    '"Update":': "UpdateItem",
}
_CALL = re.compile(r"\b\w*client\.(\w+)\(")  # The names of all clients of the app end with `client`.
_PAGINATED_CALL = re.compile(r'\bget_paginator\("(\w+)"\)')
_SETTINGS = frozenset(
    {
        *("DWIPPS_TABLE", "FEED_CACHE_SECONDS", "FEED_SHARDS", "JOB_QUEUE_URL", "MEMBERS_TABLE", "REACTIONS_TABLE"),
        *MemberLimits.variables(),
        *("SAFETY_TABLE", "STAGE", "USER_POOL_CLIENT_ID", "USER_POOL_ID"),
    }
)
# The variables that only the worker has, for its heartbeat.
_HEARTBEAT_SETTINGS = frozenset({"HEARTBEAT_SECRET_ARN", "HEARTBEAT_URL"})
# Methods of clients that are no operations, and the transaction, which needs the actions of its parts.
_NOT_ACTIONS = frozenset({"close", "get_paginator", "transact_write_items"})
# The role of each function. Both functions have the settings of the app.
_ROLES = {"ApiLambdaFunction": "FunctionRole", "WorkerLambdaFunction": "WorkerRole"}
_RELEASE_ROLE = "CodeDeployRole"
# The API and the worker send messages. Lambda receives and deletes them with the role of the worker:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_QUEUE_ACTIONS = {
    "FunctionRole": {"sqs:SendMessage"},
    "WorkerRole": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"},
}


def check_wildcards(template: Template) -> Iterator[str]:
    """Check that each statement of each role and policy names its actions and its resources."""
    for name, statement in _find_statements(template):
        actions = as_list(statement.get("Action", "*"))
        for action in actions:
            if "*" in action:
                yield f"{name}: {action}"
        resources = map(str, as_list(statement.get("Resource", [])))
        if "*" in resources and not _ACTIONS_WITHOUT_RESOURCES.issuperset(actions):
            yield f"{name}: {actions} on all resources"
        if "NotAction" in statement or "NotResource" in statement:
            yield f"{name}: NotAction or NotResource"


def check_role_trust(template: Template) -> Iterator[str]:
    """Check that only Lambda may assume the roles of the functions, and only CodeDeploy that of the release.

    There must be no other roles.
    """
    roles = dict(find_resources(template, "AWS::IAM::Role"))
    if roles.keys() != {*_ROLES.values(), _RELEASE_ROLE}:
        yield f"roles: {sorted(roles)}"
    for name, role in roles.items():
        service = "codedeploy" if name == _RELEASE_ROLE else "lambda"
        trusted = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        statements = role["Properties"].get("AssumeRolePolicyDocument", {}).get("Statement")
        if statements != [trusted]:
            yield f"{name}: {statements}"


def check_called_actions(template: Template) -> Iterator[str]:
    """Check that the roles together allow exactly the actions of DynamoDB and Cognito that the code calls.

    tests/e2e/deployed/test_least_privilege.py checks that each role needs its actions.
    """
    allowed = {
        action
        for role in _ROLES.values()
        for action, _ in _find_allowed_actions(template, role)
        if action.startswith(("dynamodb:", "cognito-idp:"))
    }
    code = _read_code()
    called = find_called_actions(code)
    for action in sorted(allowed - called):
        yield f"{action}: the code does not call it"
    for action in sorted(called - allowed):
        yield f"{action}: not allowed"
    for call in sorted(_UNAUTHENTICATED_CALLS - _find_calls(code)):
        yield f"{call}: the code does not call it"


def find_called_actions(code: str) -> set[str]:
    """Return the IAM actions of DynamoDB and Cognito that a code calls."""
    calls = _find_calls(code) - _UNAUTHENTICATED_CALLS - _NOT_ACTIONS
    in_transactions = {f"dynamodb:{action}" for key, action in _TRANSACTION_ACTIONS.items() if key in code}
    return in_transactions | {f"{_get_service(call)}:{_to_action(call)}" for call in calls}


def check_queue_actions(template: Template) -> Iterator[str]:
    """Check the actions of SQS that each role allows, and that it allows them on the queue of the jobs only.

    The embedded AWS does not enforce the permissions for the event source mapping, so no other test notices if they are
    missing.
    """
    for role, expected in _QUEUE_ACTIONS.items():
        allowed = [pair for pair in _find_allowed_actions(template, role) if pair[0].startswith("sqs:")]
        if {action for action, _ in allowed} != expected:
            yield f"{role}: {sorted(action for action, _ in allowed)}"
        for action, resources in allowed:
            if resources != [{"Ref": "JobQueueArn"}]:
                yield f"{role}: {action} on {resources}"


def check_secret_actions(template: Template) -> Iterator[str]:
    """Check that only the worker may read a secret, and only that of the heartbeat."""
    for role in _ROLES.values():
        allowed = [pair for pair in _find_allowed_actions(template, role) if pair[0].startswith("secretsmanager:")]
        expected = [("secretsmanager:GetSecretValue", [{"Ref": "HeartbeatSecret"}])] if role == "WorkerRole" else []
        if allowed != expected:
            yield f"{role}: {allowed}"


def check_function_properties(template: Template) -> Iterator[str]:
    """Check the image, the role, the architecture, the traces and the settings of the functions.

    The image must be named by digest. The API must end before the gateway's timeout, so that the client gets its
    response.
    """
    functions = {name: resource["Properties"] for name, resource in find_resources(template, "AWS::Lambda::Function")}
    if functions.keys() != _ROLES.keys():
        yield f"functions: {sorted(functions)}"
    for name, properties in functions.items():
        if not _IMAGE.fullmatch(str(properties.get("Code", {}).get("ImageUri"))):
            yield f"{name}: {properties.get('Code')}"
        if properties["Role"] != {"Fn::GetAtt": [_ROLES.get(name), "Arn"]}:
            yield f"{name}: {properties['Role']}"
        if properties.get("Architectures") != [{"Ref": "Architecture"}]:
            yield f"{name}: {properties.get('Architectures')}"
        if properties.get("TracingConfig") != {"Mode": "Active"}:
            yield f"{name}: no traces"
        yield from _check_settings(name, properties)
    if not functions["ApiLambdaFunction"]["Timeout"] < _GATEWAY_TIMEOUT_SECONDS:
        yield "ApiLambdaFunction: the timeout is not below that of the gateway"


def _check_settings(name: str, function: Mapping[str, Any]) -> Iterator[str]:
    """Check that the environment has exactly the settings of the app, with valid values, and the default limits."""
    variables = function.get("Environment", {}).get("Variables", {})
    if set(variables) != _SETTINGS | (_HEARTBEAT_SETTINGS if name == "WorkerLambdaFunction" else set()):
        yield f"{name}: the settings are not those of the app"
        return
    # The data stack holds the number of the feed's partitions.
    texts = {key: "1" if isinstance(value, dict) else str(value) for key, value in variables.items()}
    try:
        settings = Settings.from_environment(texts | {"AWS_REGION": "eu-central-1"})
    except MisconfiguredError as error:
        yield f"{name}: {error}"
        return
    if settings.limits != MemberLimits():
        yield f"{name}: {settings.limits} instead of the defaults"


def _find_statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each statement of each role and policy, with the logical id of the resource."""
    types = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    for name, resource in find_resources(template, *types):
        properties = resource["Properties"]
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        for document in documents:
            for statement in as_list(document["Statement"]):
                yield name, statement


def _find_allowed_actions(template: Template, role: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield each action that a role allows, with its resources."""
    for name, statement in _find_statements(template):
        if name == role:
            for action in as_list(statement["Action"]):
                yield action, as_list(statement["Resource"])


def _read_code() -> str:
    """Return the code of the app, without the modules that call SQS and Secrets Manager."""
    excluded = {ROOT / "app" / "jobs" / name for name in ("queue.py", "heartbeat_secret.py")}
    files = [file for file in (ROOT / "app").rglob("*.py") if file not in excluded]
    return "\n".join(map(Path.read_text, files))


def _find_calls(code: str) -> set[str]:
    """Return the names of the methods of clients that a code calls."""
    return {*_CALL.findall(code), *_PAGINATED_CALL.findall(code)}


def _get_service(call: str) -> str:
    return "cognito-idp" if call.startswith("admin_") else "dynamodb"


def _to_action(call: str) -> str:
    return "".join(map(str.title, call.split("_")))
