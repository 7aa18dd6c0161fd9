"""The page of problems as it is read: by day, by night, and from a type."""

import re
from pathlib import Path

import pytest

from tests.e2e.browser.browser import Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

READABLE = 4.5  # https://www.w3.org/TR/WCAG22/#contrast-minimum
WORDS = ("//body", "//dt", "//section//p[@class = 'type']", "//nav//a")


def _luminance(color: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [int(each) / 255 for each in re.findall(r"\d+", color)[:3]]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_day_and_by_night(scheme: str, browser: Browser, address: str, screenshots: Path) -> None:
    browser.go_to(f"{address}/problems")
    browser.prefer("prefers-color-scheme", scheme)
    browser.screenshot(screenshots / "problems.png")
    paper, raised = browser.style("//body", "background-color"), browser.style("//code", "background-color")
    assert (_luminance(paper) > 0.5) == (scheme == "light")
    for words in WORDS:
        assert min(_contrast(browser.style(words, "color"), each) for each in (paper, raised)) >= READABLE, words
    browser.was_quiet(address)


def test_a_type_leads_to_its_section(browser: Browser, address: str, screenshots: Path) -> None:
    browser.go_to(f"{address}/problems")
    browser.click("//nav//a[. = 'edit-conflict']")
    browser.screenshot(screenshots / "edit-conflict.png")
    marked, another = (
        browser.style(f"//section[@id = '{slug}']", "box-shadow") for slug in ("edit-conflict", "throttled")
    )
    assert (marked == "none", another == "none") == (False, True)
    browser.was_quiet(address)


def test_the_docs_page_leads_to_it(browser: Browser, address: str) -> None:
    browser.go_to(f"{address}/docs")
    assert browser.link("//a[. = 'problems']") == f"{address}/problems"
