"""Install the packages of a lock file into the environment of this Python, and show the progress.

    python scripts/install_packages.py LOCK_FILE

make runs this in new environments. So it needs no package but pip.
"""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

# Without --no-deps, pip would resolve packages with extras again, and prefer newer releases to those of the lock.
_PIP = (sys.executable, "-m", "pip", "install", "--no-deps", "--require-hashes", "--progress-bar=off")
_PIN = re.compile(r"^[\w.-]+(?:\[[\w,-]+\])?==", re.MULTILINE)
# pip begins one of these lines for each pin.
_STEP = re.compile(r"(?:Collecting|Ignoring|Requirement already satisfied:) ")


def install(lock_file: Path, output: TextIO) -> int:
    """Install the packages, and print their number and the duration. Return pip's exit code.

    Args:
        lock_file: the lock file, with hashes.
        output: the stream for the messages. A terminal shows a counter as well.
    """
    started = time.monotonic()
    count = len(_PIN.findall(lock_file.read_text()))
    print(f"Installing {count} packages from {lock_file} ...", file=output, flush=True)
    command = [*_PIP, "-r", str(lock_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pip:  # noqa: S603 -- the command is fixed
        show_progress(pip, count, output)
    if pip.returncode == 0:
        print(f"Installed {count} packages in {time.monotonic() - started:.0f} seconds.", file=output, flush=True)
    return pip.returncode


def show_progress(pip: "subprocess.Popen[str]", count: int, output: TextIO) -> None:
    """Read the output of pip to its end. If `output` is a terminal, show how many packages pip has fetched.

    Args:
        pip: the process.
        count: the number of packages in the lock file.
        output: the stream for the counter.
    """
    fetched = 0
    for line in pip.stdout or ():
        fetched += bool(_STEP.match(line))
        if output.isatty():
            text = "  unpacking ..." if line.startswith("Installing ") else f"  fetching {fetched} of {count} ..."
            print(f"\r\033[K{text}", end="", file=output, flush=True)
    if output.isatty():
        print("\r\033[K", end="", file=output, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python scripts/install_packages.py LOCK_FILE")
    sys.exit(install(Path(sys.argv[1]), sys.stdout))
