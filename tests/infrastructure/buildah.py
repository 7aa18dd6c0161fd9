"""buildah with a temporary store."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Buildah:
    """buildah without a daemon and without namespaces: the commands of a container run in a chroot.

    Attributes:
        store: the folder of all images and containers.
        mounts: the volumes of every build, in buildah's notation.
    """

    store: Path
    mounts: Sequence[str]

    def run(self, command: str, *arguments: str | Path) -> str:
        """Run a buildah command. Return its output.

        Raises:
            AssertionError: if the command fails.
        """
        result = subprocess.run(
            self.make_command_line(command, *arguments), capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"buildah {command}: {result.stdout}{result.stderr}"
        return result.stdout.strip()

    def make_command_line(self, command: str, *arguments: str | Path) -> list[str]:
        """Return the command line that runs a buildah command on the store."""
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
        stand_ins: Mapping[str, str] | None = None,
    ) -> None:
        """Build an image.

        Args:
            context: the folder from which the Dockerfile copies.
            name: the name of the image.
            file: the Dockerfile.
            target: the stage of the Dockerfile, the last one by default.
            build_args: the values of the Dockerfile's arguments.
            stand_ins: the local images to use instead of images that the Dockerfile names.

        Raises:
            AssertionError: if the build fails.
        """
        options = ["--isolation", "chroot", "--format", "docker", "--pull-never", "--file", str(file), "--tag", name]
        options += ["--target", target] if target else []
        options += [word for mount in self.mounts for word in ("--volume", mount)]
        options += [word for item in (build_args or {}).items() for word in ("--build-arg", "=".join(item))]
        contexts = [f"{name}=container-image://{image}" for name, image in (stand_ins or {}).items()]
        options += [word for context_option in contexts for word in ("--build-context", context_option)]
        self.run("bud", *options, context)

    def delete_store(self) -> None:
        """Delete the store, with all images and containers."""
        shutil.rmtree(self.store)
