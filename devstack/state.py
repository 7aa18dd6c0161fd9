"""The state folder, `.local` by default: its files, its lock and the deletion of its data."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import LocalError


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The state folder of one embedded AWS. Only its owner has access: MiniStack stores passwords in plain text."""

    path: Path

    @property
    def env_file(self) -> Path:
        """Return the path of the env file, which holds the settings of the app for uvicorn's `--env-file`."""
        return self.path / "env"

    @property
    def ministack(self) -> Path:
        """Return the folder of MiniStack's data."""
        return self.path / "ministack"

    @property
    def dynamodb(self) -> Path:
        """Return the folder of DynamoDB Local's data."""
        return self.path / "dynamodb"

    @property
    def jars(self) -> Path:
        """Return the folder of the downloaded DynamoDB Local."""
        return self.path / "dynamodb-local"

    @property
    def deployment(self) -> "StateFolder":
        """Return the state folder of the deployment, which runs in a separate embedded AWS."""
        return StateFolder(self.path / "deployed")

    @property
    def task(self) -> Path:
        """Return the folder with the code of the function's image."""
        return self.path / "task"

    @property
    def seed_marker(self) -> Path:
        """Return the path of the file that names the user pool with a complete seed."""
        return self.path / "seeded"

    @property
    def _version(self) -> Path:
        return self.path / "version"

    @contextlib.contextmanager
    def lock(self) -> Iterator[int]:
        """Reserve the folder for one embedded AWS. Yield the descriptor of the lock, which its processes inherit.

        The lock belongs to the open file, not to a process. If this process is killed, the processes of the embedded
        AWS may still write to the folder. So the folder stays locked until the last of these processes ends.

        Raises:
            LocalError: if another embedded AWS uses the folder.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _acquire_lock(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def claim(self, writer: str) -> None:
        """Record the programs that write the data, with their versions and region.

        Raises:
            LocalError: if another writer is recorded. Its data may have another format.
        """
        if self._version.exists() and (recorded := self._version.read_text()) != writer:
            raise LocalError(f"{self.path} holds data of {recorded}, not of {writer}: `make reset` deletes it.")
        self._version.write_text(writer)

    def delete_data(self) -> None:
        """Delete the data, the env file, the seed marker, the record of the writer and the logs. Other files stay."""
        for folder in (self.ministack, self.dynamodb):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.env_file, self.seed_marker, self._version, *self.path.glob("*.log")):
            file.unlink(missing_ok=True)


def record_process_id(lock: int, process_id: int) -> None:
    """Write a process id to the lock file. The error of a refused lock tells the developer to stop this process.

    Args:
        lock: the descriptor of the lock.
        process_id: the id of a process of the embedded AWS.
    """
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(process_id).encode(), 0)


def _acquire_lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process_id = os.pread(descriptor, 20, 0).decode()
        holder = f"process {process_id}" if process_id else "still starting"
        raise LocalError(
            f"The embedded AWS is already running ({holder}): press Ctrl-C in its terminal, or kill the process."
        ) from None
    os.ftruncate(descriptor, 0)
