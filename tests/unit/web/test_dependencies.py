"""Each alias of a provided object has the type of the container's attribute."""

import importlib
import typing
from collections.abc import Iterator
from operator import attrgetter

import pytest
from fastapi.params import Depends

from app.bootstrap import Container
from app.web.dependencies import Provided
from devstack.paths import ROOT
from testkit.doubles import SETTINGS

APP = ROOT / "app"


def _iter_aliases() -> Iterator[tuple[str, type, str]]:
    """Yield the name of each alias, its type, and the name of its attribute in the container."""
    for path in sorted(APP.glob("*/dependencies.py")):
        module = importlib.import_module(f"app.{path.parent.name}.dependencies")
        for name, alias in vars(module).items():
            for marker in typing.get_args(alias)[1:]:
                if isinstance(marker, Depends) and isinstance(marker.dependency, Provided):
                    yield f"{module.__name__}.{name}", typing.get_args(alias)[0], marker.dependency.name


ALIASES = {alias: (alias_type, name) for alias, alias_type, name in _iter_aliases()}


@pytest.mark.parametrize("alias", ALIASES)
def test_alias_has_the_type_in_the_container(alias: str) -> None:
    alias_type, name = ALIASES[alias]
    provided = attrgetter(name)(Container(SETTINGS))
    assert type(provided) is alias_type, f"{alias} is not the type of the attribute {name} of app.bootstrap.Container"


def test_aliases_are_found() -> None:
    assert len(ALIASES) >= 12
