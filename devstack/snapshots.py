"""The snapshot of a running MiniStack: the state of all its services, in one file.

MiniStack saves its state only when it ends normally. The snapshot makes up for a kill:

1. While MiniStack runs, each save replaces the file.
2. After a normal end, MiniStack has saved its state itself, and the file is deleted.
3. If the file exists at a start, the last run was killed. Its content then replaces the files that MiniStack reads.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The pinned version has no public names for its format.
from ministack.core.persistence import _json_default, _state_format_version  # type: ignore[import-untyped]


def write(snapshot: Path, states: Mapping[str, Any]) -> None:
    """Replace the snapshot at once, so that a kill leaves the old one or the new one.

    Args:
        snapshot: the path of the file.
        states: the states by MiniStack's names of the services.
    """
    files = {
        name: {"__ministack_format__": _state_format_version(name), "payload": state} for name, state in states.items()
    }
    partial = snapshot.with_suffix(".partial")
    partial.write_text(json.dumps(files, default=_json_default))
    partial.replace(snapshot)


def restore(snapshot: Path, folder: Path) -> None:
    """Write the files that MiniStack reads at its start, if there is a snapshot.

    Args:
        snapshot: the path of the snapshot.
        folder: the folder of those files.
    """
    if snapshot.exists():
        folder.mkdir(exist_ok=True)
        for name, file in json.loads(snapshot.read_text()).items():
            (folder / f"{name}.json").write_text(json.dumps(file))
