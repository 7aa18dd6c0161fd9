"""The files that pages are made of: those of this folder, and Swagger UI's; knows no HTTP.

Swagger UI comes with a package of the lock file, as npm's swagger-ui-dist has it; of that package nothing is imported.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_OURS = Path(__file__).parent
_PACKAGE = "fastapi_offline"
_OF_PACKAGE = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})
_OF_OURS = frozenset({"docs.css", "docs.js", "problems.css"})
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
# Relative to the page, so that no page has to know below which prefix it was asked for.
_REFERENCE = re.compile(r'(?<==")docs/([\w.-]+)(?=")')


@dataclass(frozen=True, slots=True)
class File:
    """Something that pages load: text, as API Gateway hands on nothing else as it is."""

    content: bytes
    media_type: str

    @property
    def version(self) -> str:
        """What changes whenever the content does."""
        return hashlib.sha256(self.content).hexdigest()[:16]


def loaded(name: str) -> File | None:
    """The file of this name; none where pages load no such file."""
    if name in _OF_OURS:
        path = _OURS / name
    elif name in _OF_PACKAGE:
        path = _package() / "static" / name
    else:
        return None
    return File(path.read_bytes(), _MEDIA_TYPES[path.suffix])


def page(name: str) -> str:
    """A page of this folder, which names the files that it loads by their versions."""
    return _REFERENCE.sub(_versioned, text(name))


def text(name: str) -> str:
    """A file of this folder."""
    return (_OURS / name).read_text("utf-8")


def _versioned(reference: re.Match[str]) -> str:
    file = loaded(reference[1])
    return f"{reference[0]}?v={file.version}" if file else reference[0]


def _package() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(_PACKAGE)
    return Path(spec.origin).parent
