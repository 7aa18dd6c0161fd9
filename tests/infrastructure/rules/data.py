"""Rules about what holds data: the tables and the user pool."""

from collections.abc import Iterator

from tests.infrastructure.rules.resources import Resource, Template, of_type, the

_TABLES = frozenset({"DwippsTable", "ReactionsTable", "MembersTable"})


def what_holds_data_stays(template: Template) -> Iterator[str]:
    """Nothing that is deleted by mistake is gone; no name is in the way of the next deployment."""
    tables = dict(of_type(template, "AWS::DynamoDB::Table"))
    if tables.keys() != _TABLES:
        yield f"tables: {sorted(tables)}"
    for name, table in tables.items():
        yield from _flaws(name, table)
    if the(template, "MembersTable").get("TimeToLiveSpecification") != {"AttributeName": "expires_at", "Enabled": True}:
        yield "MembersTable: nothing expires"
    pool = template["Resources"].get("UserPool", {})
    if not _is_retained(pool) or pool["Properties"].get("DeletionProtection") != "ACTIVE":
        yield "UserPool: not retained"


def accounts_are_as_the_contract_has_them(template: Template) -> Iterator[str]:
    """Who has an account is not told; an email has an owner; tokens live as long as the documentation says."""
    expected = {
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": True,
        "GenerateSecret": False,
        "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "AccessTokenValidity": 15,
        "WriteAttributes": ["preferred_username"],
    }
    client, pool = the(template, "UserPoolClient"), the(template, "UserPool")
    for name, value in expected.items():
        if client.get(name) != value:
            yield f"UserPoolClient: {name} is {client.get(name)}"
    if pool.get("UsernameAttributes") != ["email"] or pool.get("AutoVerifiedAttributes") != ["email"]:
        yield "UserPool: an email need not be one's own"
    password = pool.get("Policies", {}).get("PasswordPolicy", {})
    if password.get("MinimumLength") != 10 or any(password.get(f"Require{what}") for what in _COMPOSITION):
        yield f"UserPool: {password}"


_COMPOSITION = ("Lowercase", "Numbers", "Symbols", "Uppercase")


def _flaws(name: str, table: Resource) -> Iterator[str]:
    properties = table["Properties"]
    if not _is_retained(table):
        yield f"{name}: not retained"
    if not properties.get("DeletionProtectionEnabled"):
        yield f"{name}: can be deleted"
    if not properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
        yield f"{name}: cannot be put back"
    if properties.get("BillingMode") != "PAY_PER_REQUEST":
        yield f"{name}: costs while nobody calls"
    if "TableName" in properties:
        yield f"{name}: is named"


def _is_retained(resource: Resource) -> bool:
    return resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
