"""How deep JSON may be nested; knows no HTTP.

How deep Python's own parser goes differs from version to version, with the size of a thread's stack even. What is
taken here must not, and RFC 8259, section 9, leaves the limit to us.
"""

from collections.abc import Iterable
from typing import Any

DEEPEST = 32


def nested_deeply(value: Any) -> bool:
    """Whether lists and objects, empty ones too, stand in each other more than `DEEPEST` deep."""
    level = list(_nests([value]))
    for _ in range(DEEPEST):
        level = [inner for nest in level for inner in _nests(nest.values() if isinstance(nest, dict) else nest)]
    return bool(level)


def _nests(values: Iterable[Any]) -> Iterable[Any]:
    return (value for value in values if isinstance(value, dict | list))
