"""Rules for the resources that hold data: the tables and the user pool."""

from collections.abc import Iterator

from app.auth.groups import MODERATORS
from tests.infrastructure.rules.resources import Resource, Template, find_resources, get_properties

_TABLES = frozenset({"DwippsTable", "ReactionsTable", "MembersTable", "SafetyTable"})
_EXPIRING_TABLES = ("MembersTable", "SafetyTable")
_CHARACTER_CLASSES = ("Lowercase", "Numbers", "Symbols", "Uppercase")


def check_data_protection(template: Template) -> Iterator[str]:
    """Check that data survives a mistaken deletion, and that the tables with expiring rows delete them.

    Tables must have no costs without requests. They must have no fixed names, which would prevent the next deployment.
    """
    tables = dict(find_resources(template, "AWS::DynamoDB::Table"))
    if tables.keys() != _TABLES:
        yield f"tables: {sorted(tables)}"
    for name, table in tables.items():
        yield from _check_table(name, table)
    for name in _EXPIRING_TABLES:
        ttl = get_properties(template, name).get("TimeToLiveSpecification")
        if ttl != {"AttributeName": "expires_at", "Enabled": True}:
            yield f"{name}: rows do not expire"
    pool = template["Resources"].get("UserPool", {})
    if not _is_retained(pool) or pool["Properties"].get("DeletionProtection") != "ACTIVE":
        yield "UserPool: not retained"


def check_moderators_group(template: Template) -> Iterator[str]:
    """Check that the group of the moderators is retained with its pool, and that there is no other group.

    The name of another group could look like that of the moderators: see app/auth/groups.py.
    """
    groups = dict(find_resources(template, "AWS::Cognito::UserPoolGroup"))
    if list(groups) != ["ModeratorsGroup"]:
        yield f"groups: {list(groups)}"
    for name, group in groups.items():
        if not _is_retained(group):
            yield f"{name}: not retained"
        properties = group["Properties"]
        if (properties.get("UserPoolId"), properties.get("GroupName")) != ({"Ref": "UserPool"}, MODERATORS):
            yield f"{name}: {properties}"


def check_account_settings(template: Template) -> Iterator[str]:
    """Check that accounts are not disclosed, and that emails are verified.

    Access tokens must be valid for the documented time. Passwords must have a minimum length and no composition rules.
    """
    expected = {
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": True,
        "GenerateSecret": False,
        "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "AccessTokenValidity": 15,
        "WriteAttributes": ["preferred_username"],
    }
    client, pool = get_properties(template, "UserPoolClient"), get_properties(template, "UserPool")
    for name, value in expected.items():
        if client.get(name) != value:
            yield f"UserPoolClient: {name} is {client.get(name)}"
    if pool.get("UsernameAttributes") != ["email"] or pool.get("AutoVerifiedAttributes") != ["email"]:
        yield "UserPool: emails are not verified"
    password = pool.get("Policies", {}).get("PasswordPolicy", {})
    has_composition_rule = any(password.get(f"Require{characters}") for characters in _CHARACTER_CLASSES)
    if password.get("MinimumLength") != 10 or has_composition_rule:
        yield f"UserPool: {password}"


def _check_table(name: str, table: Resource) -> Iterator[str]:
    properties = table["Properties"]
    if not _is_retained(table):
        yield f"{name}: not retained"
    if not properties.get("DeletionProtectionEnabled"):
        yield f"{name}: no deletion protection"
    if not properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
        yield f"{name}: no point-in-time recovery"
    if properties.get("BillingMode") != "PAY_PER_REQUEST":
        yield f"{name}: has costs without requests"
    if "TableName" in properties:
        yield f"{name}: has a fixed name"


def _is_retained(resource: Resource) -> bool:
    return resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
