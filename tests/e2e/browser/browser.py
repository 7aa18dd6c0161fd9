"""A browser as its reader uses it: clicks and keys, what is seen then, and what went on behind it.

By W3C WebDriver (https://www.w3.org/TR/webdriver2/), which Chromium's driver speaks as JSON over HTTP.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # By the standard: what says that a value is an element.
_NO_HOST = frozenset({"about", "blob", "chrome", "data"})


class Browser:
    """A window. Elements are named by XPath, and waited for."""

    def __init__(self, driver: httpx.Client, session: str) -> None:
        self._driver = driver
        self._session = f"/session/{session}"

    @classmethod
    def opened(cls, driver: httpx.Client, capabilities: dict[str, Any]) -> Self:
        """A new window."""
        return cls(driver, _value(driver.post("/session", json=capabilities))["sessionId"])

    def close(self) -> None:
        self._driver.delete(self._session)

    def go_to(self, url: str) -> None:
        self._post("/url", url=url)

    def click(self, xpath: str) -> None:
        """Scroll to the element and click its middle, which fails where something lies over it."""
        self._post(f"{self._element(xpath)}/click")

    def write(self, xpath: str, text: str) -> None:
        """Type into a field, in the place of what it holds."""
        element = self._element(xpath)
        self._post(f"{element}/clear")
        self._post(f"{element}/value", text=text)

    def text(self, xpath: str) -> str:
        """What is to be read in an element."""
        return str(self._get(f"{self._element(xpath)}/text"))

    def value(self, xpath: str) -> str:
        """What a field holds."""
        return str(self._get(f"{self._element(xpath)}/property/value"))

    def link(self, xpath: str) -> str:
        """Where a link leads to."""
        return str(self._get(f"{self._element(xpath)}/property/href"))

    def seen(self, xpath: str) -> list[str]:
        """What is to be read in all such elements that there are now and that can be seen."""
        found = self._post("/elements", using="xpath", value=xpath)
        elements = [f"/element/{each[_ELEMENT]}" for each in found]
        return [self._get(f"{each}/text") for each in elements if self._get(f"{each}/displayed")]

    def show(self, xpath: str) -> None:
        """Scroll to an element."""
        script = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})"
        element = {_ELEMENT: self._element(xpath).removeprefix("/element/")}
        self._post("/execute/sync", script=script, args=[element])

    def prefer(self, name: str, value: str) -> None:
        """Have the system prefer something (https://www.w3.org/TR/mediaqueries-5/#mf-user-preferences)."""
        features = [{"name": name, "value": value}]
        self._post("/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"features": features})

    def style(self, xpath: str, name: str) -> str:
        """What a property of an element's style comes to."""
        return str(self._get(f"{self._element(xpath)}/css/{name}"))

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._get("/screenshot")))

    def was_quiet(self, address: str, *allowed: str) -> None:
        """Hold that nobody else was asked for anything, and that nothing failed or was refused but what is allowed."""
        assert {urlsplit(url).netloc for url in self.asked()} == {urlsplit(address).netloc}
        assert [each for each in self.complaints() if not any(part in each for part in allowed)] == []

    def complaints(self) -> list[str]:
        """What the console was told since the last look: mistakes of scripts, and what the page's policy refused."""
        return [entry["message"] for entry in self._log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def asked(self) -> Iterator[str]:
        """Every address that was asked since the last look, but for what is no host's."""
        for entry in self._log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"]
                if urlsplit(url).scheme not in _NO_HOST:
                    yield url

    def _element(self, xpath: str) -> str:
        return f"/element/{self._post('/element', using='xpath', value=xpath)[_ELEMENT]}"

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self._post("/se/log", type=kind)
        return entries

    def _get(self, path: str) -> Any:
        return _value(self._driver.get(self._session + path))

    def _post(self, path: str, **body: Any) -> Any:
        return _value(self._driver.post(self._session + path, json=body))


def _value(answer: httpx.Response) -> Any:
    value = answer.json()["value"]
    assert answer.is_success, value["message"]
    return value
