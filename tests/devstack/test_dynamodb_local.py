from pathlib import Path

import pytest

from devstack import dynamodb_local
from devstack.errors import LocalError

ADVICE = "`apt-get install openjdk-17-jre-headless maven`"


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _java(programs: Path, version: str = "17.0.1") -> None:
    _program(programs / "java", f"echo 'openjdk version \"{version}\" 2021-10-19' >&2")


def test_without_java_it_says_what_to_install(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=f"needs java: {ADVICE}"):
        dynamodb_local.install(tmp_path / "jars")


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2"])
def test_an_old_java_is_refused(programs: Path, tmp_path: Path, version: str) -> None:
    _java(programs, version)
    with pytest.raises(LocalError, match=f"needs Java 17 or newer: {ADVICE}"):
        dynamodb_local.install(tmp_path / "jars")


def test_without_maven_it_says_what_to_install(programs: Path, tmp_path: Path) -> None:
    _java(programs)
    with pytest.raises(LocalError, match=f"needs mvn: {ADVICE}"):
        dynamodb_local.install(tmp_path / "jars")


def test_what_maven_says_is_passed_on_and_no_half_is_left(programs: Path, tmp_path: Path) -> None:
    _java(programs)
    _program(programs / "mvn", "echo '[ERROR] no network'; exit 1")
    with pytest.raises(LocalError, match=r"could not fetch DynamoDB Local: .ERROR. no network$"):
        dynamodb_local.install(tmp_path / "jars")
    assert not (tmp_path / "jars").exists()


def test_it_is_fetched_once(programs: Path, tmp_path: Path) -> None:
    _java(programs)
    _program(programs / "mvn", 'for last; do :; done; /bin/mkdir "${last#-DoutputDirectory=}"')
    assert dynamodb_local.install(tmp_path / "jars").is_dir()
    (programs / "mvn").unlink()
    assert dynamodb_local.install(tmp_path / "jars") == tmp_path / "jars"
