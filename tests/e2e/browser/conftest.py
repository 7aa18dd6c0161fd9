"""The API as `make run` and `make deploy-local` serve it, and a browser for its pages."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit import prefix_proxy
from testkit.ports import find_free_port
from testkit.terminal import Developer
from tests.e2e.browser import chromium
from tests.e2e.browser.browser import Browser
from tests.e2e.browser.docs_page import DocsPage

START_TIMEOUT_SECONDS = 120.0


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(("run", None), id="run"),
        pytest.param(("deploy", None), id="deploy"),
        pytest.param(("run", "/of/the/shower"), id="behind a proxy that strips a prefix"),
        pytest.param(("deploy", ""), id="behind a proxy that adds the stage"),
    ],
)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the API and return its address: `run` uses uvicorn, `deploy` uses a stage of API Gateway."""
    chromium.require_installed()
    command, prefix = request.param
    folder = tmp_path_factory.mktemp(command)
    developer = Developer(folder / ".local", find_free_port(), find_free_port(neighbours=1))
    with developer.start(command) as terminal, contextlib.ExitStack() as stack:
        terminal.wait_for("Ctrl-C ends everything", START_TIMEOUT_SECONDS)
        (url,) = re.findall(r"API +(\S+)", "\n".join(terminal.lines))
        if prefix is not None:
            url = stack.enter_context(prefix_proxy.run(url, folder, prefix=prefix))
        yield url.replace("127.0.0.1", chromium.HOST)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Open a window for one test."""
    with chromium.run_driver(tmp_path) as driver:
        window = Browser.open(driver, chromium.make_capabilities(tmp_path / "profile"))
        yield window
        window.close()


@pytest.fixture
def screenshots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the folder for the test's screenshots. `SCREENSHOTS=FOLDER` keeps all screenshots there."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path)) / re.sub(r"\W+", "-", request.node.name).strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def docs(browser: Browser, address: str, screenshots: Path) -> DocsPage:
    """Open the docs page."""
    page = DocsPage(browser, address, screenshots)
    page.open()
    return page
