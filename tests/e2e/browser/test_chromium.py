"""Without Chromium or its driver, a test fails with the names of the packages to install."""

from pathlib import Path

import pytest

from tests.e2e.browser import chromium


def test_failure_names_the_debian_packages_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match=r"apt-get install chromium chromium-driver$"):
        chromium.require_installed()
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    with pytest.raises(pytest.fail.Exception, match=r"apt-get install chromium-driver$"):
        chromium.require_installed()
