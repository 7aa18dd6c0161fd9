#!/usr/bin/env python3
"""The docs page as files that any web server can give out: `PYTHONPATH=. python scripts/build_docs_site.py FOLDER`.

The app itself draws the page, and that of problems; openapi.json comes along, and so does all that the pages load. What
is tried on the docs page goes to the API whose address its reader gives.
"""

import asyncio
import re
import sys
from pathlib import Path

from httpx import ASGITransport, AsyncClient

from app.main import create_app

_ROOT = Path(__file__).parents[1]
_DOCUMENT = "openapi.json"
_LOADED = re.compile(r'"(docs/[\w.-]+)\?v=\w+"')


async def files() -> dict[str, bytes]:
    """The pages and what they load, by the name of the file."""
    async with AsyncClient(transport=ASGITransport(app=create_app()), base_url="http://docs") as client:

        async def fetch(path: str) -> bytes:
            answer = await client.get(path)
            return answer.raise_for_status().content

        docs, problems = await fetch("/docs"), await fetch("/problems")
        loaded = _LOADED.findall((docs + problems).decode())
        own = {name: await fetch(f"/{name}") for name in sorted(set(loaded))}
    # In a folder, which is what a web server looks for where `problems` is asked for: one further down.
    below = problems.replace(b'"docs"', b'"../"').replace(b'"docs/', b'"../docs/')
    # The document is the one that is committed: what is served below a prefix names the prefix as a server.
    document = (_ROOT / _DOCUMENT).read_bytes()
    return {"index.html": docs, "problems/index.html": below, _DOCUMENT: document} | own


def write(folder: Path) -> None:
    """Write the pages and what they load."""
    for name, content in asyncio.run(files()).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
