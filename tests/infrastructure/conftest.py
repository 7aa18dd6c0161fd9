"""The images, each built once, on bases that are made here."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.api import ROOT
from tests.infrastructure import base, debian, machine
from tests.infrastructure.buildah import Buildah
from tests.infrastructure.image import Image

VERSION = "1.2.3-proof"
# Says that the real images are built beside this, on a machine that has Docker and is no Debian.
_ELSEWHERE = "IMAGES_ARE_BUILT_ELSEWHERE"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have one worker ask for images, which are built once a worker."""
    building = [item for item in items if "buildah" in getattr(item, "fixturenames", ())]
    for item in building:
        item.add_marker(pytest.mark.xdist_group("images"))
    if os.environ.get(_ELSEWHERE):
        config.hook.pytest_deselected(items=building)
        items[:] = [item for item in items if item not in building]


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files lie that builds want."""
    machine.require_tools()
    return tmp_path_factory.mktemp("workshop")


@pytest.fixture(scope="session")
def buildah(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    mounts = machine.Pip.of_this_machine().mounts(workshop)
    buildah = Buildah(tmp_path_factory.mktemp("buildah"), mounts)
    yield buildah
    buildah.drop()


@pytest.fixture(scope="session")
def server_base(buildah: Buildah, workshop: Path) -> str:
    name = _name("server-base")
    base.build_server(buildah, workshop, name, debian.archive(machine.mirror()))
    return name


@pytest.fixture(scope="session")
def function_base(buildah: Buildah, workshop: Path, server_base: str) -> str:
    name = _name("function-base")
    base.build_function(buildah, workshop, name, server_base)
    return name


@pytest.fixture(scope="session")
def function_image(buildah: Buildah, function_base: str) -> Image:
    """What a plain build makes."""
    name = _name("function")
    values = {"BASE_IMAGE": function_base, "VERSION": VERSION}
    buildah.build(ROOT, name, file=ROOT / "Dockerfile", values=values)
    return Image.of(buildah, name)


@pytest.fixture(scope="session")
def server_image(buildah: Buildah, server_base: str) -> Image:
    name = _name("server")
    values = {"SERVER_BASE_IMAGE": server_base, "VERSION": VERSION}
    buildah.build(ROOT, name, file=ROOT / "Dockerfile", target="server", values=values)
    return Image.of(buildah, name)


def _name(kind: str) -> str:
    return f"localhost/dwipper-{kind}:{uuid.uuid4().hex}"
