"""The loop of a client that polls for new Dwipps, as the OpenAPI document prints it, and the client on the page."""

import re
from pathlib import Path
from typing import Any

import httpx

from devstack.paths import ROOT
from testkit.operations import load_document

PAGE = ROOT / "docs" / "polling.md"

_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def find_code(text: str, first_word: str = "") -> str:
    """Return the only block of Python code in a Markdown text that begins with a word."""
    (code,) = [code for code in _BLOCK.findall(text + "\n") if code.startswith(first_word)]
    return str(code)


def load_documented_loop() -> str:
    """Return the loop in the description of `GET /v1/dwipps` in openapi.json."""
    description: str = load_document()["paths"]["/v1/dwipps"]["get"]["description"]
    return find_code(description)


def load_page_loop(page: Path = PAGE) -> str:
    """Return the loop on the page about polling."""
    return find_code(page.read_text(), "seen")


def open_page_client(url: str) -> httpx.Client:
    """Return the client on the page about polling, logged in as the demo member of the API at a URL."""
    code = find_code(PAGE.read_text(), "class").replace("http://127.0.0.1:8000", url)
    names: dict[str, Any] = {"httpx": httpx}
    exec(code, names)  # noqa: S102 -- the code is our own
    client: httpx.Client = names["http"]
    return client


def run_loop(since: str, **names: Any) -> None:
    """Run the documented loop until a name that it uses raises an error.

    Args:
        since: the id that the loop starts with.
        names: the names `http`, `show` and `time` of the loop.
    """
    code = re.sub(r'"[0-9a-f-]{36}"', repr(since), load_documented_loop(), count=1)
    exec(code, names)  # noqa: S102 -- the code is our own
