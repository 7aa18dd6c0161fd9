"""Amazon's DynamoDB Local: download and start."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from devstack.errors import LocalError
from devstack.ports import LOOPBACK
from devstack.process import Service, start_process

VERSION = "DynamoDB Local 3.1.0"
_POM = Path(__file__).with_name("pom.xml")
_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_MAIN_CLASS = "software.amazon.dynamodb.services.local.main.ServerRunner"
_MIN_JAVA_VERSION = 17
_INSTALL_HINT = "`apt-get install openjdk-17-jre-headless maven`"


def install(folder: Path) -> Path:
    """Download DynamoDB Local, unless the folder exists already. Return the folder.

    Raises:
        LocalError: if Java or Maven is missing, if Java is too old, or if the download fails.
    """
    find_java()
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        _download(partial)
        partial.rename(folder)
    return folder


def find_java() -> str:
    """Return the path of a Java that can run DynamoDB Local.

    Raises:
        LocalError: if Java is missing or too old.
    """
    path = _find_program("java")
    output = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', output)
    if version is None or int(version[1]) < _MIN_JAVA_VERSION:
        raise LocalError(f"DynamoDB Local needs Java {_MIN_JAVA_VERSION} or newer: {_INSTALL_HINT}.")
    return path


@contextlib.contextmanager
def run(
    port: int, jars: Path, folder: Path, *, in_memory: bool = False, inherited_fds: Sequence[int] = ()
) -> Iterator[Service]:
    """Serve DynamoDB until the block ends, on all interfaces: DynamoDB Local cannot be limited to loopback.

    Args:
        port: the port.
        jars: the folder that `install` returned.
        folder: the folder of the log and of the data. Existing data is used again.
        in_memory: whether to keep the data in memory instead of the folder.
        inherited_fds: file descriptors that stay open until DynamoDB Local ends.

    Raises:
        LocalError: if Java is missing or too old, or if DynamoDB Local does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "dynamodb-local.log"
    env = {"PATH": os.environ.get("PATH", os.defpath), "DDB_LOCAL_TELEMETRY": "0"}
    storage = ["-inMemory"] if in_memory else ["-dbPath", str(folder)]
    command = [*_make_java_command(jars.absolute()), "-port", str(port), *storage]
    with start_process(command, folder=folder, environment=env, log=log, inherited_fds=inherited_fds) as process:
        service = Service("DynamoDB Local", f"http://{LOOPBACK}:{port}", process, log)
        # DynamoDB Local answers a request without a signature with 400.
        service.wait_until(lambda response: response.status_code == 400, "/")
        yield service


def _make_java_command(jars: Path) -> list[str]:
    classes = [f"-Djava.library.path={jars}", "-cp", f"{jars}/*", _MAIN_CLASS]
    return [find_java(), *classes, "-sharedDb", "-disableTelemetry"]


def _download(folder: Path) -> None:
    command = [_find_program("mvn"), "-q", "-B", "-f", str(_POM), _COPY_GOAL, f"-DoutputDirectory={folder}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise LocalError(f"Maven could not fetch DynamoDB Local: {_get_first_line(result.stdout + result.stderr)}")


def _get_first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "no output")


def _find_program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise LocalError(f"DynamoDB Local needs {name}: {_INSTALL_HINT}.")
    return path
