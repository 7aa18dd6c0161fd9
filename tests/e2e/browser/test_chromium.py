"""Where there is no browser, whoever runs the tests is told what to install."""

from pathlib import Path

import pytest

from tests.e2e.browser import chromium


def test_what_is_missing_is_named_as_debian_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match=r"apt-get install chromium chromium-driver$"):
        chromium.require()
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    with pytest.raises(pytest.fail.Exception, match=r"apt-get install chromium-driver$"):
        chromium.require()
