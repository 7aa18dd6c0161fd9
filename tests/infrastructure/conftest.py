"""Fixtures of the images. Each image is built once per test run, on a stand-in for its base image."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.paths import ROOT
from tests.infrastructure import base, debian, machine
from tests.infrastructure.buildah import Buildah
from tests.infrastructure.image import Image

VERSION = "1.2.3-proof"
# Set in CI: this machine is not Debian, and another job builds the images with Docker.
_SKIP_IMAGES_VARIABLE = "IMAGES_ARE_BUILT_ELSEWHERE"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run all image tests in one worker, so that images are built once. Deselect them if another job builds images."""
    image_tests = [item for item in items if "buildah" in getattr(item, "fixturenames", ())]
    for item in image_tests:
        item.add_marker(pytest.mark.xdist_group("images"))
    if os.environ.get(_SKIP_IMAGES_VARIABLE):
        config.hook.pytest_deselected(items=image_tests)
        items[:] = [item for item in items if item not in image_tests]


@pytest.fixture(scope="session")
def build_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for the files of the builds."""
    machine.require_tools()
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="session")
def buildah(build_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    mounts = machine.PipConfiguration.from_this_machine().write_mounts(build_folder)
    buildah = Buildah(tmp_path_factory.mktemp("buildah"), mounts)
    yield buildah
    buildah.delete_store()


@pytest.fixture(scope="session")
def server_base(buildah: Buildah, build_folder: Path) -> str:
    """Return the name of the server's base image."""
    name = _make_unique_name("server-base")
    base.build_server_base(buildah, build_folder, name, debian.get_archive(machine.find_mirror()))
    return name


@pytest.fixture(scope="session")
def function_base(buildah: Buildah, build_folder: Path, server_base: str) -> str:
    """Return the name of the function's base image."""
    name = _make_unique_name("function-base")
    base.build_function_base(buildah, build_folder, name, server_base)
    return name


@pytest.fixture(scope="session")
def function_image(buildah: Buildah, function_base: str) -> Image:
    """Return the image of a build without a target."""
    name = _make_unique_name("function")
    stand_ins = {base.find_base_image("function-base"): function_base}
    buildah.build(ROOT, name, file=ROOT / "Dockerfile", build_args={"VERSION": VERSION}, stand_ins=stand_ins)
    return Image.from_name(buildah, name)


@pytest.fixture(scope="session")
def server_image(buildah: Buildah, server_base: str) -> Image:
    name = _make_unique_name("server")
    stand_ins = {base.find_base_image("server-base"): server_base}
    build_args = {"VERSION": VERSION}
    file = ROOT / "Dockerfile"
    buildah.build(ROOT, name, file=file, target="server", build_args=build_args, stand_ins=stand_ins)
    return Image.from_name(buildah, name)


def _make_unique_name(kind: str) -> str:
    return f"localhost/dwipper-{kind}:{uuid.uuid4().hex}"
