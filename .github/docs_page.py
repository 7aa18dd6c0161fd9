#!/usr/bin/env python3
"""The docs page as files that any web server can give out: `PYTHONPATH=. python .github/docs_page.py FOLDER`.

The app itself draws the page; openapi.json comes along, and so does whatever of the app's own the page loads. Its
"Try it out" calls the host that the page lies on: it is for reading.
"""

import asyncio
import re
import sys
from pathlib import Path

from httpx import ASGITransport, AsyncClient

from app.main import create_app

_ROOT = Path(__file__).parents[1]
# As the app would link below a prefix; here the prefix is the folder that the page lies in.
_HERE = "."
_DOCUMENT = "openapi.json"
_OWN = re.compile(r"""["']\./([\w./-]+)["']""")


async def files() -> dict[str, bytes]:
    """The page and what it loads of the app, by the name of the file."""
    transport = ASGITransport(app=create_app(), root_path=_HERE)
    async with AsyncClient(transport=transport, base_url="http://docs") as client:

        async def fetch(path: str) -> bytes:
            answer = await client.get(path)
            return answer.raise_for_status().content

        page = await fetch("/docs")
        loaded = set(_OWN.findall(page.decode())) - {_DOCUMENT}
        own = {name: await fetch(f"/{name}") for name in sorted(loaded)}
    # The one that is committed: what is served below a prefix names the prefix as a server.
    return {"index.html": page, _DOCUMENT: (_ROOT / _DOCUMENT).read_bytes()} | own


def write(folder: Path) -> None:
    """Write the page and what it loads."""
    for name, content in asyncio.run(files()).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
