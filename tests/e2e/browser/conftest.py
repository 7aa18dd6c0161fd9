"""The API as `make run` and `make deploy-local` serve it, and a browser for its pages."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.ports import free_port
from testkit.terminal import Developer
from tests.e2e.browser import chromium
from tests.e2e.browser.browser import Browser
from tests.e2e.browser.docs_page import DocsPage

START_TIMEOUT_SECONDS = 120.0


@pytest.fixture(scope="session", params=["run", "deploy"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the API: over uvicorn, and below a stage through API Gateway and the Lambda function."""
    chromium.require_installed()
    developer = Developer(tmp_path_factory.mktemp(request.param) / ".local", free_port(), free_port(neighbours=1))
    with developer.start(request.param) as terminal:
        terminal.wait_for("Ctrl-C ends everything", START_TIMEOUT_SECONDS)
        (printed,) = re.findall(r"API +(\S+)", "\n".join(terminal.lines))
        yield printed.replace("127.0.0.1", chromium.HOST)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Open a window for one test."""
    with chromium.run_driver(tmp_path) as driver:
        window = Browser.open(driver, chromium.capabilities(tmp_path / "profile"))
        yield window
        window.close()


@pytest.fixture
def screenshots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the folder for screenshots. `SCREENSHOTS=FOLDER` keeps them."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path)) / re.sub(r"\W+", "-", request.node.name).strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def docs(browser: Browser, address: str, screenshots: Path) -> DocsPage:
    """Open the docs page."""
    page = DocsPage(browser, address, screenshots)
    page.open()
    return page
