"""Templates of CloudFormation, and what policies in them allow: each rule says what it finds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's own tags, such as `!Ref Name`, as `{"Ref": "Name"}`."""


def _tagged(loader: Any, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    return {tag: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _tagged)


def load(template: Path) -> dict[str, Any]:
    """A template, as it is written."""
    loaded: dict[str, Any] = _Loader(template.read_text()).get_single_data()
    return loaded


def statements(node: Any) -> Iterator[dict[str, Any]]:
    """Every statement of a policy that stands somewhere in a template."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
        for child in node.values():
            yield from statements(child)
    elif isinstance(node, list):
        for child in node:
            yield from statements(child)


def actions(node: Any, effect: str = "Allow") -> set[str]:
    """All that is allowed, or denied, somewhere in a template."""
    found = [_listed(statement["Action"]) for statement in statements(node) if statement["Effect"] == effect]
    return {action for listed in found for action in listed}


def patterns(node: Any) -> set[str]:
    """Actions that nobody has counted, allowed or denied."""
    return {action for effect in ("Allow", "Deny") for action in actions(node, effect) if "*" in action}


def everywhere(node: Any) -> set[str]:
    """Actions that are allowed on whatever there is."""
    open_wide = [
        one for one in statements(node) if one["Effect"] == "Allow" and "*" in _listed(one.get("Resource", []))
    ]
    return {action for statement in open_wide for action in _listed(statement["Action"])}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
