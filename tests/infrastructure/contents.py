"""The folder of an image with the app and its packages, and the packages that the lock file expects."""

import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devstack.paths import ROOT
from tests.infrastructure.image import Image


@dataclass(frozen=True, slots=True)
class Contents:
    """The folder that the Dockerfile adds to the base image.

    Attributes:
        image: the image.
        folder: the path of the folder on this machine.
        lock: the name of the lock file of the packages.
        services: the AWS services whose definitions botocore has to keep.
    """

    image: Image
    folder: Path
    lock: str
    services: frozenset[str]

    @classmethod
    def from_image(cls, image: Image, folder: str, lock: str, services: Iterable[str]) -> "Contents":
        """Return the contents of an image.

        Args:
            image: the image.
            folder: the folder of the app and its packages, as an absolute path in the image.
            lock: the name of the lock file of the packages.
            services: the AWS services whose definitions botocore has to keep.
        """
        return cls(image, image.root / folder.lstrip("/"), lock, frozenset(services))

    def list_paths(self) -> list[Path]:
        """Return the paths of all files and folders, sorted."""
        return sorted(self.folder.rglob("*"))

    def list_files(self, folder: str = ".", *, suffix: str = "") -> set[str]:
        """Return the files below a folder, as paths relative to this folder."""
        start = self.folder / folder
        return {str(file.relative_to(start)) for file in start.rglob(f"*{suffix}") if file.is_file()}

    def list_installed(self) -> dict[str, str]:
        """Return the version of each installed package, by name."""
        return {canonicalize_name(package.name): package.version for package in self._find_distributions()}

    def list_locked(self) -> dict[str, str]:
        """Return the version of each package that the lock file requires for the image's Python, by name."""
        python = self.read_python_version()
        markers = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python}
        lines = (ROOT / "requirements" / f"{self.lock}.txt").read_text().splitlines()
        entries = [Requirement(line.rstrip("\\ ")) for line in lines if re.match(r"[\w.-]+==", line)]
        applicable = [entry for entry in entries if entry.marker is None or entry.marker.evaluate(markers)]
        return {canonicalize_name(entry.name): str(entry.specifier).removeprefix("==") for entry in applicable}

    def read_python_version(self) -> str:
        """Return the version of the image's Python."""
        return self.image.run_offline("python3", "-c", "import platform; print(platform.python_version())").strip()

    def measure_sizes(self) -> Mapping[str, int]:
        """Return the size in bytes of each package and of the app, with bytecode."""
        packages = self._find_distributions()
        sizes = {package.name: _sum_sizes(self.folder / file for file in package.files or ()) for package in packages}
        return sizes | {"app": _sum_sizes(self.folder.joinpath("app").rglob("*.py"))}

    def _find_distributions(self) -> Iterable[importlib.metadata.Distribution]:
        return importlib.metadata.distributions(path=[str(self.folder)])


def _sum_sizes(files: Iterable[Path]) -> int:
    """Return the size in bytes of files, including the bytecode of the modules among them."""
    files = [file for file in files if file.is_file()]
    modules = [file for file in files if file.suffix == ".py"]
    bytecode = [cached for file in modules for cached in file.parent.glob(f"__pycache__/{file.stem}.*.pyc")]
    return sum(file.stat().st_size for file in (*files, *bytecode))
