"""The operations of the published OpenAPI document, with the examples of their request bodies."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[1] / "openapi.json"

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation.

    Attributes:
        is_secured: True if it requires a token.
        body: the example of its request body. None if it has no body.
    """

    name: str
    method: str
    path: str
    is_secured: bool
    body: Any = field(compare=False)  # A dict has no hash.

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def load_document() -> dict[str, Any]:
    """Return the published document, openapi.json."""
    published: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return published


def iter_operations(published: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield the operations of a document."""
    for path, item in published["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield Operation(
                    operation["operationId"],
                    method.upper(),
                    path,
                    _is_secured(published, operation),
                    _get_example_body(published, operation),
                )


def _is_secured(published: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    """Return True if a token is required. An empty requirement makes it optional (OpenAPI 3.1, section 4.8.10)."""
    requirements = operation.get("security", published.get("security", []))
    return bool(requirements) and all(requirements)


def _get_example_body(published: Mapping[str, Any], operation: Mapping[str, Any]) -> Any:
    """Return the first example of the request body. Examples are references to components of the same name."""
    for media_type in operation.get("requestBody", {}).get("content", {}).values():
        name = next(iter(media_type["examples"]))
        return published["components"]["examples"][name]["value"]
    return None


ALL_OPERATIONS = tuple(iter_operations(load_document()))
OPERATIONS_BY_NAME = {operation.name: operation for operation in ALL_OPERATIONS}
MEMBER_OPERATIONS = tuple(
    operation
    for operation in ALL_OPERATIONS
    if operation.path.startswith("/v1/") and not operation.path.startswith("/v1/auth/")
)
