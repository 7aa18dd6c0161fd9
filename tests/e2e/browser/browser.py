"""A browser window, controlled through W3C WebDriver.

ChromeDriver serves WebDriver (https://www.w3.org/TR/webdriver2/) as JSON over HTTP.
"""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

# The key of an element's id in JSON: https://www.w3.org/TR/webdriver2/#elements
_ELEMENT_KEY = "element-6066-11e4-a52e-4f735466cecf"
# Of a small phone and of a small desktop, in CSS pixels.
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
# A page receives the event of a changed preference before its next frame. Its colors may change slowly.
_WAIT_FOR_TRANSITIONS = """
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
return frame()
  .then(frame)
  .then(() => Promise.allSettled(document.getAnimations().map((each) => each.finished)))
  .then(() => null);
"""
_SCHEMES_WITHOUT_HOST = frozenset({"about", "blob", "chrome", "data"})


class Browser:
    """A window. Methods with an `xpath` wait until an element matches."""

    def __init__(self, driver: httpx.Client, session: str) -> None:
        self._driver = driver
        self._session = f"/session/{session}"

    @classmethod
    def open(cls, driver: httpx.Client, capabilities: dict[str, Any]) -> Self:
        """Open a new window."""
        return cls(driver, _read_value(driver.post("/session", json=capabilities))["sessionId"])

    def close(self) -> None:
        """Close the window."""
        self._driver.delete(self._session)

    def go_to(self, url: str) -> None:
        """Load a page."""
        self._post("/url", url=url)

    def click(self, xpath: str) -> None:
        """Scroll to the element and click its middle.

        Raises:
            AssertionError: if another element covers the middle.
        """
        self._post(f"{self._find_element(xpath)}/click")

    def type_text(self, xpath: str, text: str) -> None:
        """Replace the content of a field."""
        element = self._find_element(xpath)
        self._post(f"{element}/clear")
        self._post(f"{element}/value", text=text)

    def get_text(self, xpath: str) -> str:
        """Return the visible text of an element."""
        return str(self._get(f"{self._find_element(xpath)}/text"))

    def get_value(self, xpath: str) -> str:
        """Return the content of a field."""
        return str(self._get(f"{self._find_element(xpath)}/property/value"))

    def get_link_target(self, xpath: str) -> str:
        """Return the URL of a link."""
        return str(self._get(f"{self._find_element(xpath)}/property/href"))

    def get_visible_texts(self, xpath: str) -> list[str]:
        """Wait for the first matching element. Return the texts of all matching elements that are visible."""
        matches = self._post("/elements", using="xpath", value=xpath)
        elements = [f"/element/{match[_ELEMENT_KEY]}" for match in matches]
        return [self._get(f"{element}/text") for element in elements if self._get(f"{element}/displayed")]

    def scroll_to(self, xpath: str) -> None:
        """Scroll to an element."""
        element = {_ELEMENT_KEY: self._find_element(xpath).removeprefix("/element/")}
        self.run_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)

    def run_script(self, script: str, *arguments: Any) -> Any:
        """Run the body of a function in the page. Return its result, or that of the promise that it returns."""
        return self._post("/execute/sync", script=script, args=arguments)

    def emulate_preference(self, name: str, value: str) -> None:
        """Emulate a preference of the user (https://www.w3.org/TR/mediaqueries-5/#mf-user-preferences)."""
        self._emulate("setEmulatedMedia", features=[{"name": name, "value": value}])
        self.run_script(_WAIT_FOR_TRANSITIONS)

    def emulate_size(self, width: int, height: int) -> None:
        """Emulate a screen with this size in CSS pixels."""
        self._emulate("setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def get_style(self, xpath: str, name: str) -> str:
        """Return the computed value of a CSS property of an element."""
        return str(self._get(f"{self._find_element(xpath)}/css/{name}"))

    def has_bright_text(self, xpath: str) -> bool:
        """Return True if the color of an element's text is for a dark background."""
        red, green, blue, *_ = map(int, re.findall(r"\d+", self.get_style(xpath, "color")))
        return red + green + blue > 3 * 128

    def take_screenshot(self, file: Path) -> None:
        """Write a screenshot to a file."""
        file.write_bytes(base64.b64decode(self._get("/screenshot")))

    def assert_no_errors(self, address: str, *allowed: str) -> None:
        """Assert that new requests went only to the API, and that all new console messages are allowed.

        Args:
            address: the address of the API.
            allowed: parts of allowed messages.
        """
        assert {urlsplit(url).netloc for url in self.iter_requested_urls()} == {urlsplit(address).netloc}
        messages = self.fetch_console_messages()
        assert [message for message in messages if not any(part in message for part in allowed)] == []

    def fetch_console_messages(self) -> list[str]:
        """Return the errors and warnings since the last call. They include violations of the page's security policy."""
        return [entry["message"] for entry in self._fetch_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def iter_requested_urls(self) -> Iterator[str]:
        """Yield the URLs that were requested since the last call, except those without a host."""
        for entry in self._fetch_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"]
                if urlsplit(url).scheme not in _SCHEMES_WITHOUT_HOST:
                    yield url

    def _emulate(self, method: str, **params: Any) -> None:
        """Call a method of https://chromedevtools.github.io/devtools-protocol/tot/Emulation/."""
        self._post("/goog/cdp/execute", cmd=f"Emulation.{method}", params=params)

    def _find_element(self, xpath: str) -> str:
        return f"/element/{self._post('/element', using='xpath', value=xpath)[_ELEMENT_KEY]}"

    def _fetch_log(self, kind: str) -> list[dict[str, Any]]:
        """Return the entries of a log since the last call."""
        entries: list[dict[str, Any]] = self._post("/se/log", type=kind)
        return entries

    def _get(self, path: str) -> Any:
        return _read_value(self._driver.get(self._session + path))

    def _post(self, path: str, **body: Any) -> Any:
        return _read_value(self._driver.post(self._session + path, json=body))


def _read_value(response: httpx.Response) -> Any:
    value = response.json()["value"]
    assert response.is_success, value["message"]
    return value
