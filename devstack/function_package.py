"""What the function's image carries, put together in a folder: the app; runs nothing."""

import hashlib
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def gather(folder: Path) -> str:
    """Put the app's code anew into a folder, and return the digest of it, as that of an image."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    content = hashlib.sha256()
    for file in sorted(path for path in (folder / "app").rglob("*") if path.is_file()):
        content.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes() + b"\0")
    return f"sha256:{content.hexdigest()}"
