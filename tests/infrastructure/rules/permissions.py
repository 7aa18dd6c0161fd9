"""Rules about IAM, and about what runs."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.errors import MisconfiguredError
from app.settings import Settings
from devstack.api import ROOT
from tests.infrastructure.rules.resources import Template, listed, of_type, the

# What knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
_WITHOUT_RESOURCES = frozenset({"xray:PutTelemetryRecords", "xray:PutTraceSegments"})
_IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com/[\w/-]+@sha256:[0-9a-f]{64}")

# Calls that need no permission of the caller's: Cognito's that are not administrators'.
_UNSIGNED = frozenset(
    {
        *("change_password", "confirm_forgot_password", "confirm_sign_up", "forgot_password", "get_user"),
        *("resend_confirmation_code", "revoke_token", "sign_up"),
    }
)
_IN_TRANSACTIONS = {'"Put":': "PutItem", '"Update":': "UpdateItem", '"Delete":': "DeleteItem"}
_CALL = re.compile(r"\b_?client(?:_once)?\.(\w+)\(")
_SETTINGS = frozenset(
    {
        *("DWIPPS_TABLE", "FEED_CACHE_SECONDS", "FEED_SHARDS", "MEMBERS_TABLE", "REACTIONS_TABLE", "STAGE"),
        *("USER_POOL_CLIENT_ID", "USER_POOL_ID"),
    }
)
_NO_CALLS = frozenset({"transact_write_items", "meta", "exceptions"})


def no_wildcards(template: Template) -> Iterator[str]:
    """Every statement of every role and policy names its actions and its resources."""
    for name, statement in _statements(template):
        actions = listed(statement.get("Action", "*"))
        for action in actions:
            if "*" in action:
                yield f"{name}: {action}"
        if "*" in map(str, listed(statement.get("Resource", []))) and not _WITHOUT_RESOURCES.issuperset(actions):
            yield f"{name}: {actions} on everything"
        if "NotAction" in statement or "NotResource" in statement:
            yield f"{name}: all but some"


def nobody_else_has_the_functions_role(template: Template) -> Iterator[str]:
    """Lambda lends it to the function, and to nobody else."""
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    statements = the(template, "FunctionRole").get("AssumeRolePolicyDocument", {}).get("Statement")
    if statements != [trusted]:
        yield f"FunctionRole: {statements}"


def what_the_code_calls_and_nothing_else(template: Template) -> Iterator[str]:
    """The function's role has the actions that the code calls."""
    allowed = {
        action
        for name, statement in _statements(template)
        if name == "FunctionRole"
        for action in listed(statement["Action"])
        if action.startswith(("dynamodb:", "cognito-idp:"))
    }
    for action in sorted(allowed - _called()):
        yield f"{action}: nothing calls it"
    for action in sorted(_called() - allowed):
        yield f"{action}: not allowed"


def the_function_is_an_image_by_its_digest(template: Template) -> Iterator[str]:
    """What runs cannot change under its name, ends before the gateway gives up, and has its own role."""
    for name, it in of_type(template, "AWS::Lambda::Function"):
        properties = it["Properties"]
        if not _IMAGE.fullmatch(str(properties.get("Code", {}).get("ImageUri"))):
            yield f"{name}: {properties.get('Code')}"
        if not properties["Timeout"] < 29:
            yield f"{name}: outlasts the gateway"
        if properties["Role"] != {"Fn::GetAtt": ["FunctionRole", "Arn"]}:
            yield f"{name}: {properties['Role']}"
        if properties.get("Architectures") != ["arm64"]:
            yield f"{name}: {properties.get('Architectures')}"
        if properties.get("TracingConfig") != {"Mode": "Active"}:
            yield f"{name}: is not traced"
    yield from _misconfigured(the(template, "ApiLambdaFunction"))


def _misconfigured(function: Mapping[str, Any]) -> Iterator[str]:
    """What the app would not start with."""
    variables = function.get("Environment", {}).get("Variables", {})
    if set(variables) != _SETTINGS:
        yield "ApiLambdaFunction: other settings than the app's"
        return
    texts = {name: "of the stack" if isinstance(value, dict) else str(value) for name, value in variables.items()}
    try:
        Settings.from_environment(texts | {"AWS_REGION": "eu-central-1"})
    except MisconfiguredError as error:
        yield f"ApiLambdaFunction: {error}"


def _statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """All that allow something to somebody here."""
    for name, it in of_type(template, "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        documents = [policy["PolicyDocument"] for policy in it["Properties"].get("Policies", [])]
        documents += [it["Properties"]["PolicyDocument"]] if "PolicyDocument" in it["Properties"] else []
        for document in documents:
            for statement in listed(document["Statement"]):
                yield name, statement


def _called() -> set[str]:
    """The actions behind the calls that stand in the code of the app."""
    files = list((ROOT / "app").rglob("*.py"))
    code = "\n".join(map(Path.read_text, files))
    calls = set(_CALL.findall(code)) - _UNSIGNED - _NO_CALLS
    in_transactions = {f"dynamodb:{action}" for key, action in _IN_TRANSACTIONS.items() if key in code}
    return in_transactions | {f"{_service(call)}:{_action(call)}" for call in calls}


def _service(call: str) -> str:
    return "cognito-idp" if call.startswith("admin_") else "dynamodb"


def _action(call: str) -> str:
    return "".join(map(str.title, call.split("_")))
