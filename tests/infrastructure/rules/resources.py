"""Access to the resources of a template and to their properties."""

from collections.abc import Iterator
from typing import Any

Template = dict[str, Any]
Resource = dict[str, Any]


def find_resources(template: Template, *types: str) -> Iterator[tuple[str, Resource]]:
    """Yield the logical ids and the resources of these types."""
    return ((name, resource) for name, resource in template["Resources"].items() if resource["Type"] in types)


def get_properties(template: Template, name: str) -> Resource:
    """Return the properties of a resource. An empty dict if there is no such resource."""
    properties: Resource = template["Resources"].get(name, {}).get("Properties", {})
    return properties


def as_list(value: Any) -> list[Any]:
    """Return a list of values, because CloudFormation permits a single value instead of a list."""
    return value if isinstance(value, list) else [value]


def get_reference(value: Any) -> str:
    """Return the name to which a value refers by `Ref`, `GetAtt` or `Sub`. An empty string if it refers to none.

    A qualified ARN is a `Join`, and refers to its function.
    """
    if not isinstance(value, dict):
        return ""
    if "Fn::Join" in value:
        return get_reference(value["Fn::Join"][1][0])
    reference = value.get("Ref") or value.get("Fn::GetAtt") or value.get("Fn::Sub") or ""
    name = str(reference[0] if isinstance(reference, list) else reference)
    return name.removeprefix("${").partition(".")[0].partition("}")[0]


def resolve_path(template: Template, resource_id: Resource) -> str:
    """Return the full path of a resource of API Gateway."""
    name = get_reference(resource_id)
    if name == "ApiGatewayRestApi":
        return "/"
    properties = get_properties(template, name)
    return f"{resolve_path(template, properties['ParentId']).rstrip('/')}/{properties['PathPart']}"
