"""The page of problem types is readable in light and dark mode, and links lead to its sections."""

import re
from pathlib import Path

import pytest

from tests.e2e.browser.browser import Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MIN_CONTRAST = 4.5  # https://www.w3.org/TR/WCAG22/#contrast-minimum
TEXT_ELEMENTS = ("//body", "//dt", "//section//p[@class = 'type']", "//nav//a")


def _compute_luminance(color: str) -> float:
    """Return the relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [int(number) / 255 for number in re.findall(r"\d+", color)[:3]]
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _compute_contrast(color: str, other: str) -> float:
    darker, lighter = sorted(map(_compute_luminance, (color, other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_meets_wcag(scheme: str, browser: Browser, address: str, screenshots: Path) -> None:
    browser.go_to(f"{address}/problems")
    browser.emulate_preference("prefers-color-scheme", scheme)
    browser.take_screenshot(screenshots / "problems.png")
    page, code = browser.get_style("//body", "background-color"), browser.get_style("//code", "background-color")
    assert (_compute_luminance(page) > 0.5) == (scheme == "light")
    for element in TEXT_ELEMENTS:
        color = browser.get_style(element, "color")
        assert min(_compute_contrast(color, background) for background in (page, code)) >= MIN_CONTRAST, element
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
