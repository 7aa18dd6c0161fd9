"""buildah, with a store of its own that is gone afterwards; knows not what is built."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Buildah:
    """Wants neither a daemon nor namespaces: what runs in a container runs in a chroot."""

    store: Path
    mounts: Sequence[str]

    def __call__(self, command: str, *arguments: str | Path) -> str:
        """Run a command to its end, and return what it prints."""
        words = self.words(command, *arguments)
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"buildah {command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def words(self, command: str, *arguments: str | Path) -> list[str]:
        """How a command is called."""
        store = ["--root", self.store / "images", "--runroot", self.store / "running", "--storage-driver", "vfs"]
        return ["buildah", *map(str, [*store, command, *arguments])]

    def build(
        self,
        context: Path,
        name: str,
        *,
        file: Path,
        target: str | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        """Make an image of this name, of the last stage unless another is given."""
        options = ["--isolation", "chroot", "--format", "docker", "--pull-never", "--file", str(file), "--tag", name]
        options += ["--target", target] if target else []
        options += [word for mount in self.mounts for word in ("--volume", mount)]
        options += [word for value in (values or {}).items() for word in ("--build-arg", "=".join(value))]
        self("bud", *options, context)

    def drop(self) -> None:
        """Delete all containers and images, which are folders of the store and nothing else."""
        shutil.rmtree(self.store)
