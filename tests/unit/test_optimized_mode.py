"""`python -OO`, which removes docstrings, changes no answer to a client."""

import subprocess
import sys

CODE = """
import asyncio
from testkit.doubles import ask, offline_app

app, _ = offline_app()
refused = asyncio.run(ask(app, "GET", "/v1/dwipps"))
document = asyncio.run(ask(app, "GET", "/openapi.json"))
print(refused.status_code, bool(refused.json()["detail"]), document.status_code)
print(document.json()["paths"]["/v1/dwipps"]["post"]["summary"])
"""


def test_errors_and_summaries_do_not_depend_on_docstrings() -> None:
    ended = subprocess.run([sys.executable, "-OO", "-c", CODE], capture_output=True, text=True, check=False, timeout=60)
    assert ended.stdout.splitlines() == ["401 True 200", "Create a Dwipp"], ended.stderr
