"""The page object of `/docs`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.browser.browser import Browser

_DIALOG = "//*[contains(@class, 'dialog-ux')]"


def _make_button_xpath(label: str) -> str:
    return f"//button[normalize-space() = '{label}']"


@dataclass(frozen=True, slots=True)
class DisplayedResponse:
    """A response as the page displays it."""

    status: int
    text: str

    @property
    def body(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.text)


class DocsPage:
    """The docs page of the API at an address. Screenshots in the folder are numbered."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self._browser = browser
        self._address = address
        self._folder = folder
        self._screenshot_count = 0

    def open(self) -> None:
        """Load the page, and wait until it is ready."""
        self._browser.go_to(f"{self._address}/docs")
        self._browser.get_text(_make_button_xpath("Authorize"))

    def log_in(self, email: str, password: str) -> str:
        """Submit the login dialog, and return the dialog's text after the response."""
        self._browser.click(_make_button_xpath("Authorize"))
        self._browser.type_text(f"{_DIALOG}//input[@id = 'oauth_username']", email)
        self._browser.type_text(f"{_DIALOG}//input[@id = 'oauth_password']", password)
        self.take_screenshot("logging-in")
        self._browser.click(_DIALOG + _make_button_xpath("Authorize"))
        self._browser.get_text(f"{_DIALOG}{_make_button_xpath('Logout')} | {_DIALOG}//*[contains(@class, 'errors')]")
        self.take_screenshot("logged-in")
        text = self._browser.get_text(_DIALOG)
        self._browser.click(_DIALOG + _make_button_xpath("Close"))
        return text

    def log_out(self) -> None:
        """Log out in the dialog."""
        self._browser.click(_make_button_xpath("Authorize"))
        self._browser.click(_DIALOG + _make_button_xpath("Logout"))
        self._browser.get_text(_DIALOG + _make_button_xpath("Authorize"))
        self.take_screenshot("logged-out")
        self._browser.click(_DIALOG + _make_button_xpath("Close"))

    def open_operation(self, name: str) -> "OperationForm":
        """Open the form of an operation. The name is `<tag>-<operationId>`."""
        form = OperationForm(self._browser, f"//*[@id = 'operations-{name}']")
        form.open()
        return form

    def take_screenshot(self, name: str) -> None:
        """Write a screenshot to the folder."""
        self._screenshot_count += 1
        self._browser.take_screenshot(self._folder / f"{self._screenshot_count:02}-{name}.png")


@dataclass(frozen=True, slots=True)
class OperationForm:
    """The form "Try it out" of an operation."""

    browser: Browser
    xpath: str

    def open(self) -> None:
        """Open the form."""
        self._toggle()
        self.browser.click(self.xpath + _make_button_xpath("Try it out"))

    def close(self) -> None:
        """Close the form."""
        self._toggle()

    def get_parameter(self, name: str) -> str:
        """Return the content of a parameter's field."""
        return self.browser.get_value(self._make_field_xpath(name))

    def fill_in(self, name: str, value: str) -> None:
        """Replace the content of a parameter's field."""
        self.browser.type_text(self._make_field_xpath(name), value)

    def execute(self) -> DisplayedResponse:
        """Send the request of the form, and return the response."""
        self.browser.click(self.xpath + _make_button_xpath("Execute"))
        row = f"{self.xpath}//table[contains(@class, 'live-responses-table')]//tr[@class = 'response']"
        self.browser.scroll_to(row)
        status = self.browser.get_text(f"{row}/td[contains(@class, 'col_status')]")
        # A response may have no body. The XPath also matches the row itself, so the query does not wait for a body.
        _, *bodies = self.browser.get_visible_texts(f"{row} | {row}//*[contains(@class, 'highlight-code')]//code")
        return DisplayedResponse(int(status.split()[0]), "".join(bodies))

    def _toggle(self) -> None:
        self.browser.click(f"{self.xpath}//button[contains(@class, 'opblock-summary-control')]")

    def _make_field_xpath(self, name: str) -> str:
        return f"{self.xpath}//tr[@data-param-name = '{name}']//input"
