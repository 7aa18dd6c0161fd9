"""The folder `.local`: where its files lie, who may use it, what drops it; starts nothing."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import LocalError


@dataclass(frozen=True, slots=True)
class Home:
    """The files of one embedded AWS, private since its state holds passwords in plain text."""

    path: Path

    @property
    def env(self) -> Path:
        """The settings of the app, as uvicorn's `--env-file` reads them."""
        return self.path / "env"

    @property
    def ministack(self) -> Path:
        """What MiniStack keeps."""
        return self.path / "ministack"

    @property
    def dynamodb(self) -> Path:
        """What DynamoDB Local keeps."""
        return self.path / "dynamodb"

    @property
    def jars(self) -> Path:
        """DynamoDB Local itself."""
        return self.path / "dynamodb-local"

    @property
    def deployed(self) -> "Home":
        """Of the deployment, which has an embedded AWS of its own."""
        return Home(self.path / "deployed")

    @property
    def task(self) -> Path:
        """What the image of the function carries."""
        return self.path / "task"

    @property
    def seeded(self) -> Path:
        """Names the user pool whose first members and Dwipps are complete."""
        return self.path / "seeded"

    @property
    def _version(self) -> Path:
        return self.path / "version"

    @contextlib.contextmanager
    def locked(self) -> Iterator[int]:
        """Keep the folder for one embedded AWS, and yield the descriptor that its processes inherit.

        The lock belongs to the open file and not to a process: should this one be killed, the folder stays
        taken for as long as a process of the embedded AWS lives on and may still write to it.

        Raises:
            LocalError: another embedded AWS uses the folder.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def claim(self, writer: str) -> None:
        """Note who writes the data.

        Raises:
            LocalError: the data are another writer's, who may have kept them in another form.
        """
        if self._version.exists() and (found := self._version.read_text()) != writer:
            raise LocalError(f"{self.path} holds data of {found}, not of {writer}: `make reset` drops them.")
        self._version.write_text(writer)

    def drop(self) -> None:
        """Delete the data; what was downloaded stays, and so does whatever else lies there."""
        for folder in (self.ministack, self.dynamodb):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.env, self.seeded, self._version, *self.path.glob("*.log")):
            file.unlink(missing_ok=True)


def note_process(lock: int, process: int) -> None:
    """Leave word of whom to stop, for whoever finds the folder taken."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(process).encode(), 0)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process = os.pread(descriptor, 20, 0).decode() or "just starting"
        raise LocalError(
            f"The embedded AWS runs already (process {process}): press Ctrl-C in its terminal, or kill it."
        ) from None
    os.ftruncate(descriptor, 0)
