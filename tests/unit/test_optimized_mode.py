"""`python -OO` removes docstrings and changes no response."""

import subprocess
import sys

CODE = """
import asyncio
from testkit.doubles import make_offline_app, send_request

app, _ = make_offline_app()
response = asyncio.run(send_request(app, "GET", "/v1/dwipps"))
document = asyncio.run(send_request(app, "GET", "/openapi.json"))
print(response.status_code, bool(response.json()["detail"]), document.status_code)
print(document.json()["paths"]["/v1/dwipps"]["post"]["summary"])
"""


def test_errors_and_summaries_need_no_docstrings() -> None:
    result = subprocess.run(
        [sys.executable, "-OO", "-c", CODE], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.stdout.splitlines() == ["401 True 200", "Create a Dwipp"], result.stderr
