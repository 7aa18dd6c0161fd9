"""The operations of the published OpenAPI document, and valid bodies for the operations of members."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[1] / "openapi.json"

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_BODIES: Mapping[str, Any] = {
    "create_dwipp": {"text": "I was not here."},
    "edit_dwipp": {"text": "Nor was I here."},
    "change_password": {"current_password": "a rubber duck knows", "new_password": "a rubber duck forgot"},
}


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. `is_secured` is True if it requires a token."""

    name: str
    method: str
    path: str
    is_secured: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def body(self) -> Any:
        """Return a valid body if this is an operation for members. None if it has no body."""
        return _BODIES.get(self.name)


def load_document() -> dict[str, Any]:
    """Return the published document, openapi.json."""
    published: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return published


def iter_operations(published: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield the operations of a document."""
    for path, item in published["paths"].items():
        for method in _METHODS:
            if method in item:
                yield Operation(item[method]["operationId"], method.upper(), path, _is_secured(published, item[method]))


def _is_secured(published: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    """Return True if a token is required. An empty requirement makes it optional (OpenAPI 3.1, section 4.8.10)."""
    requirements = operation.get("security", published.get("security", []))
    return bool(requirements) and all(requirements)


ALL_OPERATIONS = tuple(iter_operations(load_document()))
OPERATIONS_BY_NAME = {operation.name: operation for operation in ALL_OPERATIONS}
MEMBER_OPERATIONS = tuple(
    operation
    for operation in ALL_OPERATIONS
    if operation.path.startswith("/v1/") and not operation.path.startswith("/v1/auth/")
)
