"""The docs page fits a phone, follows the color scheme of the system, and has no barriers, with all operations open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.main import create_app
from testkit import uvicorn_server
from testkit.doubles import SETTINGS
from testkit.operations import load_document
from tests.e2e.browser import axe, chromium
from tests.e2e.browser.browser import SIZES, Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MAX_OPERATION_HEIGHT = 2500


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Load the docs page in dark mode, and open all operations. No service answers their requests."""
    folder = tmp_path_factory.mktemp("browser")
    with uvicorn_server.serve(create_app(SETTINGS)) as port, chromium.run_driver(folder) as driver:
        browser = Browser.open(driver, chromium.make_capabilities(folder / "profile"))
        browser.emulate_preference("prefers-color-scheme", "dark")
        browser.go_to(f"http://{chromium.HOST}:{port}/docs")
        assert browser.has_bright_text("//h3")
        for name in _list_operations():
            operation = f"//*[@id = 'operations-{name}']"
            browser.click(f"{operation}//button[contains(@class, 'opblock-summary-control')]")
            browser.get_text(f"{operation}//tr[@data-code = 'default']")
        yield browser
        browser.close()


def _list_operations() -> list[str]:
    paths = load_document()["paths"].values()
    return [f"{each['tags'][0]}-{each['operationId']}" for methods in paths for each in methods.values()]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["dark", "light"])
class TestOpenOperations:
    def test_page_fits_and_has_no_barriers(self, scheme: str, size: str, page: Browser, screenshots: Path) -> None:
        width, height = SIZES[size]
        page.emulate_size(width, height)
        page.emulate_preference("prefers-color-scheme", scheme)
        assert page.run_script("return document.documentElement.scrollWidth") <= width
        assert page.has_bright_text("//h3") == (scheme == "dark")
        assert axe.find_violations(page) == []
        page.scroll_to("//*[@id = 'operations-dwipps-create_dwipp']")
        page.take_screenshot(screenshots / "operations.png")

    def test_login_dialog_fits_and_has_no_barriers(
        self, scheme: str, size: str, page: Browser, screenshots: Path
    ) -> None:
        page.emulate_size(*SIZES[size])
        page.emulate_preference("prefers-color-scheme", scheme)
        page.click("//button[normalize-space() = 'Authorize']")
        page.take_screenshot(screenshots / "dialog.png")
        violations = axe.find_violations(page, ".dialog-ux")
        page.click("//*[contains(@class, 'dialog-ux')]//button[normalize-space() = 'Close']")
        assert violations == []


def test_operation_takes_less_than_three_screens(page: Browser) -> None:
    page.emulate_size(*SIZES["desktop"])
    heights = page.run_script("return [...document.querySelectorAll('.opblock')].map((each) => each.offsetHeight)")
    assert len(heights) == len(_list_operations())
    assert max(heights) < MAX_OPERATION_HEIGHT


def test_headers_and_schema_of_a_problem_open(page: Browser) -> None:
    operation = "//*[@id = 'operations-service-read_health']"
    page.click(f"{operation}//tr[@data-code = '200']//summary")
    assert "X-Request-Id" in page.get_text(f"{operation}//tr[@data-code = '200']//table")
    page.click(f"{operation}//button[@aria-label = 'Schema of 429']")
    assert "urn:dwipper:problem:too-many-requests" in page.get_text(f"{operation}//tr[@data-code = '429']")
    assert axe.find_violations(page, "#operations-service-read_health") == []


def test_tag_of_the_login_is_first(page: Browser) -> None:
    assert page.get_text("(//*[contains(@class, 'opblock-tag')])[1]").startswith("auth")


def test_schemas_are_closed(page: Browser) -> None:
    assert page.run_script("return document.querySelector('.models').offsetHeight") < 100
