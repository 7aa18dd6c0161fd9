"""DynamoDB Local is downloaded once, and a missing or old program is an error with an install hint."""

from pathlib import Path

import pytest

from devstack import dynamodb_local
from devstack.errors import LocalError

INSTALL_HINT = "`apt-get install openjdk-17-jre-headless maven`"


def _write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _write_java(programs: Path, version: str = "17.0.1") -> None:
    _write_program(programs / "java", f"echo 'openjdk version \"{version}\" 2021-10-19' >&2")


def test_missing_java_is_an_error_with_an_install_hint(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=f"needs java: {INSTALL_HINT}"):
        dynamodb_local.install(tmp_path / "jars")


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2"])
def test_old_java_is_refused(programs: Path, tmp_path: Path, version: str) -> None:
    _write_java(programs, version)
    with pytest.raises(LocalError, match=f"needs Java 17 or newer: {INSTALL_HINT}"):
        dynamodb_local.install(tmp_path / "jars")


def test_missing_maven_is_an_error_with_an_install_hint(programs: Path, tmp_path: Path) -> None:
    _write_java(programs)
    with pytest.raises(LocalError, match=f"needs mvn: {INSTALL_HINT}"):
        dynamodb_local.install(tmp_path / "jars")


def test_failed_download_shows_mavens_message_and_creates_no_folder(programs: Path, tmp_path: Path) -> None:
    _write_java(programs)
    _write_program(programs / "mvn", "echo '[ERROR] no network'; exit 1")
    with pytest.raises(LocalError, match=r"could not fetch DynamoDB Local: .ERROR. no network$"):
        dynamodb_local.install(tmp_path / "jars")
    assert not (tmp_path / "jars").exists()


def test_download_happens_once(programs: Path, tmp_path: Path) -> None:
    _write_java(programs)
    _write_program(programs / "mvn", 'for last; do :; done; /bin/mkdir "${last#-DoutputDirectory=}"')
    assert dynamodb_local.install(tmp_path / "jars").is_dir()
    (programs / "mvn").unlink()
    assert dynamodb_local.install(tmp_path / "jars") == tmp_path / "jars"
