"""A folder of an image that holds the app and its packages: what lies in it, and what it is told to hold."""

import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devstack.api import ROOT
from tests.infrastructure.image import Image


@dataclass(frozen=True, slots=True)
class Contents:
    """All below the folder, which is everything that we put into the image."""

    image: Image
    folder: Path
    lock: str
    services: frozenset[str]

    @classmethod
    def of(cls, image: Image, folder: str, lock: str, services: Iterable[str]) -> "Contents":
        """Those of an image that carries a lock file's packages, and what botocore has to know of some services."""
        return cls(image, image.root / folder.lstrip("/"), lock, frozenset(services))

    def all(self) -> list[Path]:
        """Every file and folder."""
        return sorted(self.folder.rglob("*"))

    def names(self, folder: str = ".", *, suffix: str = "") -> set[str]:
        """The files in a folder and below it, as it would name them."""
        start = self.folder / folder
        return {str(file.relative_to(start)) for file in start.rglob(f"*{suffix}") if file.is_file()}

    def packages(self) -> dict[str, str]:
        """Which packages are installed, and their versions."""
        return {canonicalize_name(each.name): each.version for each in self._installed()}

    def locked(self) -> dict[str, str]:
        """Those that the lock file names for this image's Python."""
        python = self.python()
        told = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python}
        lines = (ROOT / "requirements" / f"{self.lock}.txt").read_text().splitlines()
        entries = [Requirement(line.rstrip("\\ ")) for line in lines if re.match(r"[\w.-]+==", line)]
        asked = [entry for entry in entries if entry.marker is None or entry.marker.evaluate(told)]
        return {canonicalize_name(entry.name): str(entry.specifier).removeprefix("==") for entry in asked}

    def python(self) -> str:
        """The version of the image's Python."""
        return self.image.prints("python3", "-c", "import platform; print(platform.python_version())").strip()

    def sizes(self) -> Mapping[str, int]:
        """The bytes of each package, its bytecode included, and of the app."""
        sizes = {each.name: _bytes(self.folder / file for file in each.files or ()) for each in self._installed()}
        return sizes | {"app": _bytes(self.folder.joinpath("app").rglob("*.py"))}

    def _installed(self) -> Iterable[importlib.metadata.Distribution]:
        return importlib.metadata.distributions(path=[str(self.folder)])


def _bytes(files: Iterable[Path]) -> int:
    files = [file for file in files if file.is_file()]
    modules = [file for file in files if file.suffix == ".py"]
    compiled = [cached for file in modules for cached in file.parent.glob(f"__pycache__/{file.stem}.*.pyc")]
    return sum(file.stat().st_size for file in (*files, *compiled))
