"""The docs page in the hands of somebody who tries the API on it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.browser.browser import Browser

_DIALOG = "//*[contains(@class, 'dialog-ux')]"


def _button(label: str) -> str:
    return f"//button[normalize-space() = '{label}']"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page shows of an answer."""

    status: int
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class DocsPage:
    """The page below an address; what is seen is kept in a folder, numbered."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self._browser = browser
        self._address = address
        self._folder = folder
        self._seen = 0

    def open(self) -> None:
        self._browser.go_to(f"{self._address}/docs")
        self._browser.text(_button("Authorize"))

    def log_in(self, email: str, password: str) -> str:
        """Try to, and return what the dialog says then."""
        self._browser.click(_button("Authorize"))
        self._browser.write(f"{_DIALOG}//input[@id = 'oauth_username']", email)
        self._browser.write(f"{_DIALOG}//input[@id = 'oauth_password']", password)
        self.keep("logging-in")
        self._browser.click(_DIALOG + _button("Authorize"))
        self._browser.text(f"{_DIALOG}{_button('Logout')} | {_DIALOG}//*[contains(@class, 'errors')]")
        self.keep("logged-in")
        said = self._browser.text(_DIALOG)
        self._browser.click(_DIALOG + _button("Close"))
        return said

    def log_out(self) -> None:
        self._browser.click(_button("Authorize"))
        self._browser.click(_DIALOG + _button("Logout"))
        self._browser.text(_DIALOG + _button("Authorize"))
        self.keep("logged-out")
        self._browser.click(_DIALOG + _button("Close"))

    def operation(self, name: str) -> "Operation":
        """One that is opened, and about to be tried."""
        operation = Operation(self._browser, f"//*[@id = 'operations-{name}']")
        operation.open()
        return operation

    def keep(self, name: str) -> None:
        """Keep what is seen now."""
        self._seen += 1
        self._browser.screenshot(self._folder / f"{self._seen:02}-{name}.png")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation whose form is open."""

    browser: Browser
    place: str

    def open(self) -> None:
        self._toggle()
        self.browser.click(self.place + _button("Try it out"))

    def close(self) -> None:
        self._toggle()

    def parameter(self, name: str) -> str:
        """What a parameter's field holds."""
        return self.browser.value(self._field(name))

    def give(self, name: str, value: str) -> None:
        """Fill in a parameter's field."""
        self.browser.write(self._field(name), value)

    def request(self) -> Any:
        """What the body's field holds."""
        return json.loads(self.browser.value(f"{self.place}//textarea"))

    def execute(self) -> Answer:
        """Send what is in the form."""
        self.browser.click(self.place + _button("Execute"))
        answer = f"{self.place}//table[contains(@class, 'live-responses-table')]//tr[@class = 'response']"
        self.browser.show(answer)
        status = self.browser.text(f"{answer}/td[contains(@class, 'col_status')]")
        # An answer may have no body; the row itself, which is always there, spares the wait for one.
        _, *bodies = self.browser.seen(f"{answer} | {answer}//*[contains(@class, 'highlight-code')]//code")
        return Answer(int(status.split()[0]), "".join(bodies))

    def _toggle(self) -> None:
        self.browser.click(f"{self.place}//button[contains(@class, 'opblock-summary-control')]")

    def _field(self, name: str) -> str:
        return f"{self.place}//tr[@data-param-name = '{name}']//input"
