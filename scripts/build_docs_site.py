#!/usr/bin/env python3
"""Write the docs site as files for any web server: `PYTHONPATH=. python scripts/build_docs_site.py FOLDER`.

The app renders the docs page and the page of problems. The site also contains openapi.json and every file that the
pages load. The docs page sends its requests to the API whose address the reader enters.
"""

import asyncio
import re
import sys
from pathlib import Path

from httpx import ASGITransport, AsyncClient

from app.main import create_app

_ROOT = Path(__file__).parents[1]
_DOCUMENT = "openapi.json"
_ASSET = re.compile(r'"(docs/[\w.-]+)\?v=\w+"')


async def render() -> dict[str, bytes]:
    """Return the pages and the files that they load, by path within the site."""
    async with AsyncClient(transport=ASGITransport(app=create_app()), base_url="http://docs") as client:

        async def fetch(path: str) -> bytes:
            response = await client.get(path)
            return response.raise_for_status().content

        docs, problems = await fetch("/docs"), await fetch("/problems")
        names = _ASSET.findall((docs + problems).decode())
        assets = {name: await fetch(f"/{name}") for name in sorted(set(names))}
    # A web server serves problems/index.html one folder deeper than the app does, so the relative links change.
    problems = problems.replace(b'"docs"', b'"../"').replace(b'"docs/', b'"../docs/')
    # The committed document. A document that is served below a path prefix lists the prefix as a server.
    document = (_ROOT / _DOCUMENT).read_bytes()
    return {"index.html": docs, "problems/index.html": problems, _DOCUMENT: document} | assets


def write(folder: Path) -> None:
    """Write the pages and the files that they load to a folder, which is created if it is missing."""
    for path, content in asyncio.run(render()).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
