"""The API as a developer starts it and as it is deployed, and a browser to look at it with."""

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

STARTED_WITHIN = 120.0


@pytest.fixture(scope="session", params=["run", "deploy"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the API is: over uvicorn, and below its stage through API Gateway and the Lambda function."""
    chromium.require()
    developer = Developer(tmp_path_factory.mktemp(request.param) / ".local", free_port(), free_port(neighbours=1))
    with developer.starts(request.param) as terminal:
        terminal.wait_for("Ctrl-C ends everything", STARTED_WITHIN)
        (printed,) = re.findall(r"API +(\S+)", "\n".join(terminal.lines))
        yield printed.replace("127.0.0.1", chromium.HOST)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with chromium.driver(tmp_path) as driver:
        window = Browser.opened(driver, chromium.capabilities(tmp_path / "profile"))
        yield window
        window.close()


@pytest.fixture
def screenshots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where what was seen is kept: `SCREENSHOTS=FOLDER` for who wants to look at it."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path)) / re.sub(r"\W+", "-", request.node.name).strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def docs(browser: Browser, address: str, screenshots: Path) -> DocsPage:
    page = DocsPage(browser, address, screenshots)
    page.open()
    return page
