"""The commands of the tutorial and the guide of moderators run as printed, and so does the client that polls."""

import json
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest
from jose import jwt

from app.dwipps.ids import lowest_id
from devstack.paths import ROOT
from devstack.seed_content import THOUGHTS
from testkit.polling_loop import open_page_client, run_loop
from testkit.shell_blocks import MODERATION, TUTORIAL, find_shell_blocks
from testkit.terminal import Developer


def _run_page(page: Path, developer: Developer) -> "subprocess.CompletedProcess[str]":
    """Run the commands of a page against the API of `make run`."""
    script = (
        "".join(block.code for block in find_shell_blocks(page))
        .replace("http://127.0.0.1:8000", developer.url(""))
        .replace(".local/env", f"{developer.folder}/env")
        .replace(".venv/bin/python", sys.executable)
    )
    bash = ["/bin/bash", "-euo", "pipefail", "-c", script]
    return subprocess.run(bash, check=False, capture_output=True, text=True, timeout=60, cwd=ROOT)


@pytest.mark.slow
def test_guide_of_moderators_runs_as_printed(developer: Developer) -> None:
    with developer.start("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything")
        result = _run_page(MODERATION, developer)
    assert result.returncode == 0, result.stderr
    assert "urn:dwipper:problem:" not in result.stdout
    documents = [json.loads(line) for line in result.stdout.splitlines() if line]
    me, cases, case, removed, dismissed, record, suspension, removal, log = documents
    assert me["moderator"] is True
    assert [each["dwipp_id"] for each in cases["items"]] == [case["dwipp_id"]]
    assert [each["handle"] for each in case["reporters"]] == ["demo"]
    assert removed["dwipp"]["removed"]["reason"] == "spam"
    assert (dismissed["dwipp"]["removed"], dismissed["status"]) == (None, "closed")
    assert (record["suspension"], suspension["reason"], removal["reason"]) == (None, "harassment", "spam")
    assert [entry["action"] for entry in log["items"]] == [
        *("dismiss", "lift", "remove", "suspend"),
        *("lift", "suspend", "dismiss", "remove"),
    ]


def _expire(token: str, developer: Developer) -> str:
    """Return an access token with a valid signature that expired a minute ago."""
    (key,) = (developer.folder / "ministack" / "state" / "cognito-pool-keys").glob("*-access.pem")
    claims = jwt.get_unverified_claims(token) | {"exp": int(time.time()) - 60}
    return jwt.encode(claims, key.read_text(), "RS256", {"kid": jwt.get_unverified_header(token)["kid"]})


class _LoopEndedError(Exception):
    """Ends the loop."""


@pytest.mark.slow
def test_polling_loop_survives_an_expired_token(developer: Developer) -> None:
    shown: list[str] = []

    def end(_seconds: float) -> None:
        raise _LoopEndedError

    with developer.start("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything")
        with open_page_client(developer.url("")) as http:
            tokens = http.auth.tokens  # type: ignore[union-attr]
            tokens["access_token"] = expired = _expire(tokens["access_token"], developer)
            assert httpx.get(developer.url("/v1/me"), headers={"Authorization": f"Bearer {expired}"}).status_code == 401
            with pytest.raises(_LoopEndedError):
                run_loop(lowest_id(0), http=http, show=lambda dwipp: shown.append(dwipp["text"]), time=Mock(sleep=end))
    assert len(shown) == len(THOUGHTS)


@pytest.mark.slow
def test_tutorial_runs_as_printed(developer: Developer) -> None:
    with developer.start("run") as terminal:
        terminal.wait_for("Ctrl-C ends everything")
        result = _run_page(TUTORIAL, developer)
        terminal.wait_for("mail to you@example.org: 123456")
        terminal.wait_for("mail to you@example.org: 654321")
    assert result.returncode == 0, result.stderr
    assert "Socks are sleeping bags for feet." in result.stdout
    assert 'rel="next"' in result.stdout
    assert "\n204\n" in result.stdout
    assert "urn:dwipper:problem:dwipp-not-found" in result.stdout
    assert '"next_cursor"' in result.stdout
    *lines, handler_response = result.stdout.splitlines()
    # Confirm, log in, forgot and reset; then for the second account: confirm, delete, log in, and delete again.
    assert lines[-8:] == ["204", "200", "202", "204", "204", "202", "401", "202"]
    assert "'statusCode': 200" in handler_response
