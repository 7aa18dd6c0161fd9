"""The files that pages load: those of this folder, and Swagger UI's.

Swagger UI's files come from a locked package, identical to npm's swagger-ui-dist. Nothing of that package is imported.
"""

import hashlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent
_PACKAGE = "fastapi_offline"
_PACKAGE_FILES = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})
_OWN_FILES = frozenset(
    {
        "docs.css",
        "docs.js",
        "docs_accessibility.js",
        "docs_colors.css",
        "docs_links.js",
        "docs_login.js",
        "docs_responses.js",
        "problems.css",
    }
)
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
# References are relative to the page, so they hold behind any prefix.
_REFERENCE = re.compile(r'(?<==")docs/([\w.-]+)(?=")')


class Asset(NamedTuple):
    """A file that pages load. It is text, because API Gateway does not pass on binary files by default."""

    content: bytes
    media_type: str

    @property
    def version(self) -> str:
        """Return a hash of the content."""
        return hashlib.sha256(self.content).hexdigest()[:16]


def load_asset(name: str) -> Asset | None:
    """Return the asset with this name. None if no page loads such a file."""
    if name in _OWN_FILES:
        path = _FOLDER / name
    elif name in _PACKAGE_FILES:
        path = _package_folder() / "static" / name
    else:
        return None
    return Asset(path.read_bytes(), _MEDIA_TYPES[path.suffix])


def load_page(name: str) -> str:
    """Return a page of this folder. Its references name the versions of the assets."""
    return _REFERENCE.sub(_add_version, load_text(name))


def load_text(name: str) -> str:
    """Return a file of this folder."""
    return (_FOLDER / name).read_text("utf-8")


def _add_version(reference: re.Match[str]) -> str:
    asset = load_asset(reference[1])
    return f"{reference[0]}?v={asset.version}" if asset else reference[0]


def _package_folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(_PACKAGE)
    return Path(spec.origin).parent
