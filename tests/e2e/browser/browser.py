"""A browser window: clicks and keys, the visible texts, the console and the requests.

It speaks W3C WebDriver (https://www.w3.org/TR/webdriver2/), which ChromeDriver serves as JSON over HTTP.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

# The key of an element's id in JSON: https://www.w3.org/TR/webdriver2/#elements
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_SCHEMES_WITHOUT_HOST = frozenset({"about", "blob", "chrome", "data"})


class Browser:
    """A window. Methods select elements by XPath, and wait for them."""

    def __init__(self, driver: httpx.Client, session: str) -> None:
        self._driver = driver
        self._session = f"/session/{session}"

    @classmethod
    def open(cls, driver: httpx.Client, capabilities: dict[str, Any]) -> Self:
        """Open a new window."""
        return cls(driver, _value(driver.post("/session", json=capabilities))["sessionId"])

    def close(self) -> None:
        """Close the window."""
        self._driver.delete(self._session)

    def go_to(self, url: str) -> None:
        """Load a page."""
        self._post("/url", url=url)

    def click(self, xpath: str) -> None:
        """Scroll to the element and click its middle. Fails if another element covers it."""
        self._post(f"{self._find_element(xpath)}/click")

    def type_text(self, xpath: str, text: str) -> None:
        """Replace the content of a field."""
        element = self._find_element(xpath)
        self._post(f"{element}/clear")
        self._post(f"{element}/value", text=text)

    def text(self, xpath: str) -> str:
        """Return the visible text of an element."""
        return str(self._get(f"{self._find_element(xpath)}/text"))

    def value(self, xpath: str) -> str:
        """Return the content of a field."""
        return str(self._get(f"{self._find_element(xpath)}/property/value"))

    def link_target(self, xpath: str) -> str:
        """Return the URL of a link."""
        return str(self._get(f"{self._find_element(xpath)}/property/href"))

    def visible_texts(self, xpath: str) -> list[str]:
        """Return the texts of all visible elements. Does not wait, except for the first element."""
        found = self._post("/elements", using="xpath", value=xpath)
        elements = [f"/element/{each[_ELEMENT]}" for each in found]
        return [self._get(f"{each}/text") for each in elements if self._get(f"{each}/displayed")]

    def scroll_to(self, xpath: str) -> None:
        """Scroll to an element."""
        script = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})"
        element = {_ELEMENT: self._find_element(xpath).removeprefix("/element/")}
        self._post("/execute/sync", script=script, args=[element])

    def emulate_preference(self, name: str, value: str) -> None:
        """Emulate a preference of the user (https://www.w3.org/TR/mediaqueries-5/#mf-user-preferences)."""
        features = [{"name": name, "value": value}]
        self._post("/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"features": features})

    def style(self, xpath: str, name: str) -> str:
        """Return the computed value of a property of an element's style."""
        return str(self._get(f"{self._find_element(xpath)}/css/{name}"))

    def take_screenshot(self, file: Path) -> None:
        """Write a screenshot to a file."""
        file.write_bytes(base64.b64decode(self._get("/screenshot")))

    def assert_no_errors(self, address: str, *allowed: str) -> None:
        """Assert that all requests went to the host of an address, and that the console has only allowed messages.

        Args:
            address: the address of the API.
            allowed: parts of messages that the console may have.
        """
        assert {urlsplit(url).netloc for url in self.requested_urls()} == {urlsplit(address).netloc}
        messages = self.console_messages()
        assert [message for message in messages if not any(part in message for part in allowed)] == []

    def console_messages(self) -> list[str]:
        """Return the new errors and warnings of the console: of scripts, and of the page's security policy."""
        return [entry["message"] for entry in self._log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def requested_urls(self) -> Iterator[str]:
        """Yield the newly requested URLs that have a host."""
        for entry in self._log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"]
                if urlsplit(url).scheme not in _SCHEMES_WITHOUT_HOST:
                    yield url

    def _find_element(self, xpath: str) -> str:
        return f"/element/{self._post('/element', using='xpath', value=xpath)[_ELEMENT]}"

    def _log(self, kind: str) -> list[dict[str, Any]]:
        """Return the entries of a log since the last call."""
        entries: list[dict[str, Any]] = self._post("/se/log", type=kind)
        return entries

    def _get(self, path: str) -> Any:
        return _value(self._driver.get(self._session + path))

    def _post(self, path: str, **body: Any) -> Any:
        return _value(self._driver.post(self._session + path, json=body))


def _value(response: httpx.Response) -> Any:
    value = response.json()["value"]
    assert response.is_success, value["message"]
    return value
