"""The folders in which the compared functions run. Their packages are installed once, and kept in `.local`."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.services import STATE
from devstack import function_package
from devstack.lambda_function import PYTHON
from devstack.paths import ROOT

FUNCTIONS = Path(__file__).with_name("functions")
_INSTALLER = ROOT / "deploy" / "install-packages.sh"
_LOCK = ROOT / "requirements" / "runtime.txt"


def build_dwipper() -> Path:
    """Build the content of Dwipper's image for this Python, with the script that installs the packages of the image."""
    folder = STATE.path / "bench" / f"dwipper-{_hash_files(_LOCK, _INSTALLER)}"
    if not folder.exists():
        _build(folder, ["sh", str(_INSTALLER), str(_LOCK), "{}", "cognito-idp", "dynamodb"])
    app = folder / "app"
    if app.exists():
        shutil.rmtree(app)
    folder.chmod(0o755)
    function_package.build(folder.with_suffix(".app"))
    (folder.with_suffix(".app") / "app").rename(app)
    _run([str(PYTHON), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(app)])
    return folder


def build_reference(name: str) -> Path:
    """Build one of the functions that Dwipper is compared with by `pip install --target`, as tutorials do."""
    source = FUNCTIONS / name
    lock = source / "requirements.txt"
    folder = STATE.path / "bench" / f"{name}-{_hash_files(lock)}"
    if not folder.exists():
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        _build(folder, [*pip, "--require-hashes", "--target", "{}", "--requirement", str(lock)])
    shutil.copy(source / "main.py", folder)
    return folder


def _build(folder: Path, command: Sequence[str]) -> None:
    """Create a folder by a command that receives a path as `{}`. The folder does not exist until it is complete."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    _run([word.format(partial) for word in command])
    partial.rename(folder)


def _run(command: Sequence[str]) -> None:
    # The installer uses the first Python on the path, which in an image is the function's.
    path = f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, env=os.environ | {"PATH": path}, check=True)  # noqa: S603 -- commands of this file


def _hash_files(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
