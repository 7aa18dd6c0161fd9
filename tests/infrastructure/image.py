"""A locally built image: its configuration, its files, and commands in a container."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from devstack.process import start_process
from tests.infrastructure.buildah import Buildah

FileState = tuple[int, int, int, int]  # Mode, owner, group, and size (0 for a folder).


@dataclass(frozen=True, slots=True)
class Image:
    """An image, and the one container in which its commands run.

    Attributes:
        buildah: the buildah whose store holds the image.
        container: the id of the container.
        root: the path of the container's root folder on this machine.
        initial_states: the state of each path before the first command, because commands change files.
        config: the configuration of the image.
    """

    buildah: Buildah
    container: str
    root: Path
    initial_states: Mapping[Path, FileState] = field(repr=False)
    config: Mapping[str, Any]

    @classmethod
    def from_name(cls, buildah: Buildah, name: str) -> Self:
        """Create a container of the image with this name, and record the initial states of its files."""
        container = buildah.run("from", "--pull-never", name)
        root = Path(buildah.run("mount", container))
        initial_states = {path.relative_to(root): _read_state(path) for path in root.rglob("*")}
        config = json.loads(buildah.run("inspect", "--type", "image", name))["Docker"]["config"]
        return cls(buildah, container, root, initial_states, config)

    @property
    def command(self) -> list[str]:
        """Return the command that the image runs by default."""
        return [*(self.config["Entrypoint"] or []), *self.config["Cmd"]]

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment variables that the image sets."""
        return dict(variable.split("=", 1) for variable in self.config["Env"])

    def run_offline(self, *command: str, user: str = "", variables: Mapping[str, str] | None = None) -> str:
        """Run a command in the container without a network. Return its standard output.

        Args:
            command: the program and its arguments.
            user: the user and the group, as `UID:GID`. The user of the image by default.
            variables: environment variables, added to those of the image.

        Raises:
            AssertionError: if the command fails.
        """
        command_line = ["unshare", "--net", *self._make_command_line(command, user, variables or {})]
        result = subprocess.run(command_line, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def succeeds_on_host_network(self, *command: str, variables: Mapping[str, str]) -> bool:
        """Run a command in the container, in the host's network namespace. Return True if the command succeeds."""
        command_line = self._make_command_line(command, "", variables)
        return subprocess.run(command_line, capture_output=True, check=False).returncode == 0

    @contextlib.contextmanager
    def start(
        self, variables: Mapping[str, str], folder: Path, user: str = "", arguments: Sequence[str] = ()
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run the image until the block ends, in the host's network namespace.

        Args:
            variables: environment variables, added to those of the image.
            folder: the folder in which to write the file `log`.
            user: the user and the group, as `UID:GID`. The user of the image by default.
            arguments: replace the image's default arguments, as those of `docker run` do.
        """
        command = [*(self.config["Entrypoint"] or []), *arguments] if arguments else self.command
        command_line = self._make_command_line(command, user, variables)
        environment = {"PATH": os.environ["PATH"]}
        with start_process(command_line, folder=folder, environment=environment, log=folder / "log") as process:
            yield process

    def _make_command_line(self, command: Sequence[str], user: str, variables: Mapping[str, str]) -> list[str]:
        options = ["--isolation", "chroot", *(["--user", user] if user else [])]
        options += [word for variable in variables.items() for word in ("--env", "=".join(variable))]
        return self.buildah.make_command_line("run", *options, self.container, "--", *command)


def _read_state(path: Path) -> FileState:
    state = path.lstat()
    return state.st_mode, state.st_uid, state.st_gid, 0 if path.is_dir() else state.st_size
