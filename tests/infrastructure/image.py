"""An image that was built here: what it says of itself, what is in it, and how it is run."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from devstack.process import started
from tests.infrastructure.buildah import Buildah

State = tuple[int, int, int, int]  # Mode, owner, group, and the size of what is no folder.


@dataclass(frozen=True, slots=True)
class Image:
    """An image, and a container of it, in which all is run."""

    buildah: Buildah
    container: str
    root: Path
    untouched: Mapping[Path, State] = field(repr=False)
    config: Mapping[str, Any]

    @classmethod
    def of(cls, buildah: Buildah, name: str) -> Self:
        """The image of this name; what is in it is noted before anything runs in it, which leaves traces."""
        container = buildah("from", "--pull-never", name)
        root = Path(buildah("mount", container))
        untouched = {path.relative_to(root): _state(path) for path in root.rglob("*")}
        config = json.loads(buildah("inspect", "--type", "image", name))["Docker"]["config"]
        return cls(buildah, container, root, untouched, config)

    @property
    def command(self) -> list[str]:
        """What a container of it runs."""
        return [*(self.config["Entrypoint"] or []), *self.config["Cmd"]]

    @property
    def variables(self) -> dict[str, str]:
        """The environment that it sets."""
        return dict(variable.split("=", 1) for variable in self.config["Env"])

    def prints(self, *command: str, user: str = "", variables: Mapping[str, str] | None = None) -> str:
        """What a command prints in it that has no network at all."""
        words = ["unshare", "--net", *self._words(command, user, variables or {})]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def succeeds(self, *command: str, variables: Mapping[str, str]) -> bool:
        """Whether a command says that all is well, which reaches the network of this machine."""
        words = self._words(command, "", variables)
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    @contextlib.contextmanager
    def running(self, variables: Mapping[str, str], folder: Path, user: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """Run its own command until the block ends, on the network of this machine; its log goes into a folder."""
        words = self._words(self.command, user, variables)
        with started(words, folder=folder, environment={"PATH": os.environ["PATH"]}, log=folder / "log") as process:
            yield process

    def _words(self, command: Sequence[str], user: str, variables: Mapping[str, str]) -> list[str]:
        options = ["--isolation", "chroot", *(["--user", user] if user else [])]
        options += [word for variable in variables.items() for word in ("--env", "=".join(variable))]
        return self.buildah.words("run", *options, self.container, "--", *command)


def _state(path: Path) -> State:
    state = path.lstat()
    return state.st_mode, state.st_uid, state.st_gid, 0 if path.is_dir() else state.st_size
