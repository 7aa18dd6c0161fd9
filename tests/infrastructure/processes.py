"""What the kernel knows of processes: who started which, and as whom they run."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

_PROCESSES = Path("/proc")


def contained(process: int) -> int:
    """The process that a container consists of, which buildah starts through several of its own."""
    while "buildah" in (_PROCESSES / str(process) / "comm").read_text():
        process = next(_children(process))
    return process


def owner(process: int) -> tuple[int, int]:
    """The user and the group of a process."""
    state = (_PROCESSES / str(process)).stat()
    return state.st_uid, state.st_gid


def _children(process: int) -> Iterator[int]:
    for each in _PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # It has ended meanwhile.
            # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
            _state, parent, *_ = (each / "stat").read_text().rpartition(")")[2].split()
            if int(parent) == process:
                yield int(each.name)
