"""MiniStack that saves its state while it runs: `SNAPSHOT=… python -m devstack.saving_ministack`."""

import os
from functools import partial
from pathlib import Path

import ministack.app as server  # type: ignore[import-untyped]
from ministack.core import persistence  # type: ignore[import-untyped]

from devstack import snapshots
from devstack.autosave import Autosave


def main() -> None:
    """Restore the snapshot of a killed run, serve until a signal, and delete the snapshot after a normal end."""
    snapshot = Path(os.environ["SNAPSHOT"])
    snapshots.restore(snapshot, Path(persistence.STATE_DIR))
    # The pinned version has no public name for what it saves at its end.
    find_getters = server._build_persistence_save_dict  # noqa: SLF001
    server.app = Autosave(server.app, find_getters, partial(snapshots.write, snapshot))
    server.main()
    if server.app.has_ended:
        snapshot.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
