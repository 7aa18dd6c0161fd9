"""The permissions that the policies in a CloudFormation template grant."""

from collections.abc import Iterator
from typing import Any


def find_statements(node: Any) -> Iterator[dict[str, Any]]:
    """Yield all policy statements in a part of a template."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
        for child in node.values():
            yield from find_statements(child)
    elif isinstance(node, list):
        for child in node:
            yield from find_statements(child)


def find_actions(node: Any, effect: str = "Allow") -> set[str]:
    """Return the actions that the statements of a part of a template allow, or deny, according to the effect."""
    matching = [statement for statement in find_statements(node) if statement["Effect"] == effect]
    return {action for statement in matching for action in as_list(statement["Action"])}


def find_wildcard_actions(node: Any) -> set[str]:
    """Return the actions with a wildcard in a part of a template, allowed or denied."""
    return {action for effect in ("Allow", "Deny") for action in find_actions(node, effect) if "*" in action}


def find_unrestricted_actions(node: Any) -> set[str]:
    """Return the actions that a part of a template allows on all resources."""
    unrestricted = [
        statement
        for statement in find_statements(node)
        if statement["Effect"] == "Allow" and "*" in as_list(statement.get("Resource", []))
    ]
    return {action for statement in unrestricted for action in as_list(statement["Action"])}


def as_list(value: Any) -> list[Any]:
    """Return a value as a list: a policy may name one action or resource without a list."""
    return value if isinstance(value, list) else [value]
