"""The page of problem types is readable in light and dark mode, and links lead to its sections."""

from pathlib import Path

import pytest

from tests.e2e.browser import axe
from tests.e2e.browser.browser import SIZES, Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_and_has_no_barriers(
    scheme: str, size: str, browser: Browser, address: str, screenshots: Path
) -> None:
    width, height = SIZES[size]
    browser.emulate_size(width, height)
    browser.emulate_preference("prefers-color-scheme", scheme)
    browser.go_to(f"{address}/problems")
    browser.take_screenshot(screenshots / "problems.png")
    assert browser.run_script("return document.documentElement.scrollWidth") <= width
    assert browser.has_bright_text("//h1") == (scheme == "dark")
    assert axe.find_violations(browser) == []
    browser.assert_no_errors(address)


def test_type_link_highlights_its_section(browser: Browser, address: str, screenshots: Path) -> None:
    browser.go_to(f"{address}/problems")
    browser.click("//nav//a[. = 'edit-conflict']")
    browser.take_screenshot(screenshots / "edit-conflict.png")
    target, other = (
        browser.get_style(f"//section[@id = '{slug}']", "box-shadow") for slug in ("edit-conflict", "too-many-requests")
    )
    assert (target == "none", other == "none") == (False, True)
    browser.assert_no_errors(address)


def test_docs_page_links_the_problems_page(browser: Browser, address: str) -> None:
    browser.go_to(f"{address}/docs")
    assert browser.get_link_target("//a[. = 'problems']") == f"{address}/problems"
