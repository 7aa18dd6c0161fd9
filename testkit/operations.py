"""The operations of the published document, and what each of them would take."""

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
    """A path, a method, and whether only members may call it."""

    name: str
    method: str
    path: str
    secured: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def body(self) -> Any:
        """A body that it would take, of operations for members; None where it takes none."""
        return _BODIES.get(self.name)


def document() -> dict[str, Any]:
    published: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return published


def iter_operations(published: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in published["paths"].items():
        for method in _METHODS:
            if method in item:
                yield Operation(item[method]["operationId"], method.upper(), path, _is_secured(published, item[method]))


def _is_secured(published: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    """Whether there is no way in without a token (OpenAPI 3.1, 4.8.10: an empty requirement makes it optional)."""
    requirements = operation.get("security", published.get("security", []))
    return bool(requirements) and all(requirements)


ALL_OPERATIONS = tuple(iter_operations(document()))
OPERATIONS_BY_NAME = {each.name: each for each in ALL_OPERATIONS}
MEMBER_OPERATIONS = tuple(
    each for each in ALL_OPERATIONS if each.path.startswith("/v1/") and not each.path.startswith("/v1/auth/")
)
