"""The processes in /proc, their children and their users."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")


def find_contained_process(process: int) -> int:
    """Return the id of the main process of a container, which buildah starts through several processes.

    Args:
        process: the id of the outermost process of buildah.
    """
    while "buildah" in (_PROC / str(process) / "comm").read_text():
        process = next(_find_children(process))
    return process


def get_owner(process: int) -> tuple[int, int]:
    """Return the ids of the user and the group of a process."""
    state = (_PROC / str(process)).stat()
    return state.st_uid, state.st_gid


def _find_children(process: int) -> Iterator[int]:
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # The process may have ended.
            # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
            _state, parent, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(parent) == process:
                yield int(folder.name)
