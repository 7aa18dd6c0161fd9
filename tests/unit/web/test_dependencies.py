"""The aliases of provided objects have the types of the container."""

import importlib
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.params import Depends

from app.bootstrap import Container
from app.web.dependencies import Provided

APP = Path(__file__).parents[3] / "app"


def _aliases() -> Iterator[tuple[str, type, str]]:
    """Yield each alias with its type, and with the name of the object that it yields."""
    for path in sorted(APP.glob("*/dependencies.py")):
        module = importlib.import_module(f"app.{path.parent.name}.dependencies")
        for name, alias in vars(module).items():
            for marker in typing.get_args(alias)[1:]:
                if isinstance(marker, Depends) and isinstance(marker.dependency, Provided):
                    yield f"{module.__name__}.{name}", typing.get_args(alias)[0], marker.dependency.name


ALIASES = {alias: (kind, name) for alias, kind, name in _aliases()}


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_has_the_type_of_its_object(alias: str) -> None:
    kind, name = ALIASES[alias]
    assert typing.get_type_hints(Container).get(name) is kind, (
        f"{alias} must name an attribute of app.bootstrap.Container"
    )


def test_aliases_are_found() -> None:
    assert len(ALIASES) >= 12
