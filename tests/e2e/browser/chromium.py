"""Debian's Chromium and its driver, started so that no name leads anywhere but to this machine."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from testkit.ports import free_port

# A name as on the internet: pages act otherwise where they are called by `localhost` or a number.
HOST = "dwipper.test"
PATIENCE_SECONDS = 20

_PROGRAMS = {"chromium": "chromium", "chromedriver": "chromium-driver"}
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # Root may start it in no other way, and it opens no page but ours.
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",  # Which is small in containers.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1280,1400",
    f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost",
)


@contextmanager
def driver(folder: Path) -> Iterator[httpx.Client]:
    """A running driver, asked in W3C WebDriver's words; its log is in the folder."""
    require()
    port = free_port()
    command = ["chromedriver", f"--port={port}", f"--log-path={folder / 'chromedriver.log'}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        transport = httpx.HTTPTransport(retries=8)  # It takes a moment to listen; the pauses between grow.
        address = f"http://127.0.0.1:{port}"
        try:
            with httpx.Client(base_url=address, transport=transport, timeout=3 * PATIENCE_SECONDS) as client:
                yield client
        finally:
            process.terminate()


def require() -> None:
    """Fail where there is no browser, and say what to install."""
    missing = [package for program, package in _PROGRAMS.items() if shutil.which(program) is None]
    if missing:
        pytest.fail(f"There is no browser: apt-get install {' '.join(missing)}")


def capabilities(profile: Path) -> dict[str, Any]:
    """What is asked for: a window with a profile of its own, whose console and requests are written down."""
    wanted = {
        "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": [*_OPTIONS, f"--user-data-dir={profile}"]},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "timeouts": {"implicit": PATIENCE_SECONDS * 1000},
    }
    return {"capabilities": {"alwaysMatch": wanted}}
