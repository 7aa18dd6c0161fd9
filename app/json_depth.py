"""The nesting depth of JSON.

The limit of Python's own parser depends on its version and on the thread's stack size. RFC 8259, section 9, leaves the
limit to the implementation, so this one is fixed.
"""

from collections.abc import Iterable
from typing import Any

MAX_DEPTH = 32


def exceeds_max_depth(value: Any) -> bool:
    """Return True if lists and objects are nested more than `MAX_DEPTH` deep. Empty ones count."""
    level = list(_containers([value]))
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _containers(_children(outer))]
    return bool(level)


def _containers(values: Iterable[Any]) -> Iterable[Any]:
    return (value for value in values if isinstance(value, dict | list))


def _children(container: Any) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container
