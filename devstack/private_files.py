"""Files that only their owner can access."""

import os
from pathlib import Path
from typing import IO


def open_private(path: Path) -> IO[bytes]:
    """Open a file for writing, with access for its owner only. An existing file loses its content and its mode."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "wb")
