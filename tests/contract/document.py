"""A look into the parts of the published document, and at its examples."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

Spec = dict[str, Any]


def operations(spec: Spec) -> Iterator[dict[str, Any]]:
    for item in spec["paths"].values():
        yield from item.values()


def resolved(spec: Spec, node: Any) -> Any:
    """What a reference of the document leads to; anything else as it is."""
    if not isinstance(node, Mapping) or "$ref" not in node:
        return node
    found: Any = spec
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def media(spec: Spec) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body of a request or an answer, and whose it is."""
    for operation in operations(spec):
        name = operation["operationId"]
        bodies = {f"{name} request": operation.get("requestBody", {})}
        bodies |= {f"{name} {status}": resolved(spec, answer) for status, answer in operation["responses"].items()}
        for whose, body in bodies.items():
            yield from ((whose, each) for each in body.get("content", {}).values())


def flaws(spec: Spec) -> Iterator[str]:
    """What is wrong with the examples: bodies without any, and those that their schema does not take."""
    for whose, body in media(spec):
        if not body.get("examples"):
            yield f"{whose}: no example"
        for name, example in body.get("examples", {}).items():
            value = resolved(spec, example)["value"]
            yield from (f"{whose}, {name}: {error.message}" for error in _validator(spec, body["schema"])(value))
    for operation in operations(spec):
        for parameter in operation.get("parameters", ()):
            yield from _flaws_of(spec, f"{operation['operationId']} {parameter['name']}", parameter)
    for name, header in spec["components"]["headers"].items():
        yield from _flaws_of(spec, name, header)


def _flaws_of(spec: Spec, whose: str, described: Mapping[str, Any]) -> Iterator[str]:
    given = [described["example"]] if "example" in described else described["schema"].get("examples", [])
    for value in given:
        yield from (f"{whose}: {error.message}" for error in _validator(spec, described["schema"])(value))


def _validator(spec: Spec, schema: Mapping[str, Any]) -> Any:
    whole = {**schema, "components": spec["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True).iter_errors
