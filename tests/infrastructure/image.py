"""An image that was built here: its configuration, its files, and commands in a container of it."""

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

State = tuple[int, int, int, int]  # Mode, owner, group, and size (0 for a folder).


@dataclass(frozen=True, slots=True)
class Image:
    """An image and one container of it, which runs all commands.

    `initial_states` has the state of each path before the first command, because commands leave traces.
    """

    buildah: Buildah
    container: str
    root: Path
    initial_states: Mapping[Path, State] = field(repr=False)
    config: Mapping[str, Any]

    @classmethod
    def from_name(cls, buildah: Buildah, name: str) -> Self:
        """Create a container of the image with this name, and record its initial state."""
        container = buildah.run("from", "--pull-never", name)
        root = Path(buildah.run("mount", container))
        initial_states = {path.relative_to(root): _read_state(path) for path in root.rglob("*")}
        config = json.loads(buildah.run("inspect", "--type", "image", name))["Docker"]["config"]
        return cls(buildah, container, root, initial_states, config)

    @property
    def command(self) -> list[str]:
        """Return the command that a container of the image runs."""
        return [*(self.config["Entrypoint"] or []), *self.config["Cmd"]]

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment variables that the image sets."""
        return dict(variable.split("=", 1) for variable in self.config["Env"])

    def run_offline(self, *command: str, user: str = "", variables: Mapping[str, str] | None = None) -> str:
        """Run a command in the container without any network, and return its output. Fail if the command fails."""
        command_line = ["unshare", "--net", *self._command_line(command, user, variables or {})]
        result = subprocess.run(command_line, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def succeeds(self, *command: str, variables: Mapping[str, str]) -> bool:
        """Run a command in the container on the network of this machine. Return True if it succeeds."""
        command_line = self._command_line(command, "", variables)
        return subprocess.run(command_line, capture_output=True, check=False).returncode == 0

    @contextlib.contextmanager
    def start(self, variables: Mapping[str, str], folder: Path, user: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """Run the image's own command on the network of this machine until the block ends.

        Args:
            variables: the environment of the command.
            folder: the folder for its log, in the file `log`.
            user: the user and the group, as `UID:GID`. The user of the image by default.
        """
        command_line = self._command_line(self.command, user, variables)
        environment = {"PATH": os.environ["PATH"]}
        with start_process(command_line, folder=folder, environment=environment, log=folder / "log") as process:
            yield process

    def _command_line(self, command: Sequence[str], user: str, variables: Mapping[str, str]) -> list[str]:
        options = ["--isolation", "chroot", *(["--user", user] if user else [])]
        options += [word for variable in variables.items() for word in ("--env", "=".join(variable))]
        return self.buildah.command_line("run", *options, self.container, "--", *command)


def _read_state(path: Path) -> State:
    state = path.lstat()
    return state.st_mode, state.st_uid, state.st_gid, 0 if path.is_dir() else state.st_size
