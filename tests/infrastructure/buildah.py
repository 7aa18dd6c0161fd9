"""buildah with a temporary store of its own. Knows nothing about the images."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Buildah:
    """Runs buildah without a daemon and without namespaces: commands in a container run in a chroot.

    `mounts` are the volumes of every build, in buildah's notation.
    """

    store: Path
    mounts: Sequence[str]

    def run(self, command: str, *arguments: str | Path) -> str:
        """Run a buildah command and return its output. Fail if the command fails."""
        result = subprocess.run(self.command_line(command, *arguments), capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"buildah {command}: {result.stdout}{result.stderr}"
        return result.stdout.strip()

    def command_line(self, command: str, *arguments: str | Path) -> list[str]:
        """Return the command line of a buildah command."""
        store = ["--root", self.store / "images", "--runroot", self.store / "running", "--storage-driver", "vfs"]
        return ["buildah", *map(str, [*store, command, *arguments])]

    def build(
        self,
        context: Path,
        name: str,
        *,
        file: Path,
        target: str | None = None,
        build_args: Mapping[str, str] | None = None,
    ) -> None:
        """Build an image and give it a name.

        Args:
            context: the folder that the Dockerfile copies from.
            name: the name of the image.
            file: the Dockerfile.
            target: the stage of the Dockerfile, the last one by default.
            build_args: the values of the Dockerfile's arguments.
        """
        options = ["--isolation", "chroot", "--format", "docker", "--pull-never", "--file", str(file), "--tag", name]
        options += ["--target", target] if target else []
        options += [word for mount in self.mounts for word in ("--volume", mount)]
        options += [word for item in (build_args or {}).items() for word in ("--build-arg", "=".join(item))]
        self.run("bud", *options, context)

    def delete_store(self) -> None:
        """Delete all containers and images. They are folders of the store, and nothing else."""
        shutil.rmtree(self.store)
