"""The resources of a template, by type, and what their properties come to."""

from collections.abc import Iterator
from typing import Any

Template = dict[str, Any]
Resource = dict[str, Any]


def of_type(template: Template, *types: str) -> Iterator[tuple[str, Resource]]:
    """Those of these types, with their names."""
    return ((name, it) for name, it in template["Resources"].items() if it["Type"] in types)


def the(template: Template, name: str) -> Resource:
    """The properties of one; empty where there is none of that name."""
    properties: Resource = template["Resources"].get(name, {}).get("Properties", {})
    return properties


def listed(value: Any) -> list[Any]:
    """A list, as CloudFormation also writes it where it has one member."""
    return value if isinstance(value, list) else [value]


def reference(value: Any) -> str:
    """Which resource a value names, by `Ref`, `GetAtt` or `Sub`; empty where it names none."""
    if not isinstance(value, dict):
        return ""
    named = value.get("Ref") or value.get("Fn::GetAtt") or value.get("Fn::Sub") or ""
    name = str(named[0] if isinstance(named, list) else named)
    return name.removeprefix("${").partition(".")[0].partition("}")[0]
