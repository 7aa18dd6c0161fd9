"""Debian's Chromium and its driver. Host names resolve only to this machine, so pages cannot reach other hosts."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from testkit.ports import find_free_port

# An ordinary host name, because browsers treat `localhost` and IP addresses differently.
HOST = "dwipper.test"
TIMEOUT_SECONDS = 20

_PACKAGES_BY_PROGRAM = {"chromium": "chromium", "chromedriver": "chromium-driver"}
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # Required by root. The browser opens only our pages.
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",  # /dev/shm is small in containers.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1280,1400",
    f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost",
)


@contextmanager
def run_driver(folder: Path) -> Iterator[httpx.Client]:
    """Run ChromeDriver until the block ends, with its log in the folder. Yield an HTTP client for ChromeDriver."""
    require_installed()
    port = find_free_port()
    command = ["chromedriver", f"--port={port}", f"--log-path={folder / 'chromedriver.log'}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        # ChromeDriver needs a moment before it listens. The pauses between retries grow.
        transport = httpx.HTTPTransport(retries=8)
        address = f"http://127.0.0.1:{port}"
        try:
            with httpx.Client(base_url=address, transport=transport, timeout=3 * TIMEOUT_SECONDS) as client:
                yield client
        finally:
            process.terminate()


def require_installed() -> None:
    """Fail the test if Chromium or its driver is missing, and name the packages to install."""
    missing = [package for program, package in _PACKAGES_BY_PROGRAM.items() if shutil.which(program) is None]
    if missing:
        pytest.fail(f"Chromium or its driver is missing: apt-get install {' '.join(missing)}")


def make_capabilities(profile: Path) -> dict[str, Any]:
    """Return the body of a request for a new session, which logs its console and its requests."""
    required = {
        "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": [*_OPTIONS, f"--user-data-dir={profile}"]},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "timeouts": {"implicit": TIMEOUT_SECONDS * 1000},
    }
    return {"capabilities": {"alwaysMatch": required}}
