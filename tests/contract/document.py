"""Access to the parts of an OpenAPI document, and the validation of its examples."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

Spec = dict[str, Any]


def iter_operations(spec: Spec) -> Iterator[dict[str, Any]]:
    for item in spec["paths"].values():
        yield from item.values()


def resolve(spec: Spec, node: Any) -> Any:
    """Return the target of a reference within the document. Return any other node unchanged."""
    if not isinstance(node, Mapping) or "$ref" not in node:
        return node
    target: Any = spec
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return target


def resolve_choices(spec: Spec, schema: Mapping[str, Any]) -> list[Any]:
    """Return the schemas that a value can match: those of a union, or the schema itself."""
    schema = resolve(spec, schema)
    return [resolve(spec, choice) for choice in schema.get("oneOf", [schema])]


def merge_properties(spec: Spec, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of an object, those of its base included."""
    properties: dict[str, Any] = {}
    for part in [*schema.get("allOf", ()), schema]:
        properties |= resolve(spec, part).get("properties", {})
    return properties


def iter_bodies(spec: Spec) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each media type of each request and response, with the owner's name, such as `login 200`."""
    for operation in iter_operations(spec):
        name = operation["operationId"]
        bodies = {f"{name} request": operation.get("requestBody", {})}
        bodies |= {f"{name} {status}": resolve(spec, response) for status, response in operation["responses"].items()}
        for owner, body in bodies.items():
            yield from ((owner, media_type) for media_type in body.get("content", {}).values())


def find_example_errors(spec: Spec) -> Iterator[str]:
    """Yield the errors in examples: bodies without an example, and examples that do not match their schema."""
    for owner, body in iter_bodies(spec):
        if not body.get("examples"):
            yield f"{owner}: no example"
        for name, example in body.get("examples", {}).items():
            value = resolve(spec, example)["value"]
            yield from (f"{owner}, {name}: {error}" for error in find_body_errors(spec, body["schema"], value))
    for operation in iter_operations(spec):
        for parameter in operation.get("parameters", ()):
            yield from _find_value_errors(spec, f"{operation['operationId']} {parameter['name']}", parameter)
    for name, header in spec["components"]["headers"].items():
        yield from _find_value_errors(spec, name, header)


def find_body_errors(spec: Spec, schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    """Yield the errors of a value against a schema of the document."""
    yield from (error.message for error in _make_validator(spec, schema)(value))


def _find_value_errors(spec: Spec, owner: str, definition: Mapping[str, Any]) -> Iterator[str]:
    examples = [definition["example"]] if "example" in definition else definition["schema"].get("examples", [])
    for value in examples:
        yield from (f"{owner}: {error}" for error in find_body_errors(spec, definition["schema"], value))


def _make_validator(spec: Spec, schema: Mapping[str, Any]) -> Any:
    """Return a function that yields the errors of a value."""
    full_schema = {**schema, "components": spec["components"]}
    return jsonschema_rs.Draft202012Validator(full_schema, validate_formats=True).iter_errors
