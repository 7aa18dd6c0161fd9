"""Files for their owner's eyes alone; knows not what is in them."""

import os
from pathlib import Path
from typing import IO


def private(path: Path) -> IO[bytes]:
    """Write a file anew that nobody else may read, whatever its mode was before."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "wb")
