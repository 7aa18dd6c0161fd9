"""Amazon's DynamoDB Local: how it is fetched and started; knows nothing of `.local` and of our tables."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from devstack.errors import LocalError
from devstack.ports import LOOPBACK
from devstack.process import Service, started

VERSION = "DynamoDB Local 3.1.0"
_POM = Path(__file__).with_name("pom.xml")
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_SERVER = "software.amazon.dynamodb.services.local.main.ServerRunner"
_OLDEST_JAVA = 17
_ADVICE = "`apt-get install openjdk-17-jre-headless maven`"


def install(folder: Path) -> Path:
    """Fetch it, unless it is in the folder already.

    Raises:
        LocalError: Java or Maven is missing or failed.
    """
    java()
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        _fetch(partial)
        partial.rename(folder)
    return folder


def java() -> str:
    """Find a Java that can run it.

    Raises:
        LocalError: there is none, or only one that is too old.
    """
    path = _program("java")
    told = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found[1]) < _OLDEST_JAVA:
        raise LocalError(f"DynamoDB Local needs Java {_OLDEST_JAVA} or newer: {_ADVICE}.")
    return path


@contextlib.contextmanager
def running(
    port: int, jars: Path, folder: Path, *, in_memory: bool = False, inherited: Sequence[int] = ()
) -> Iterator[Service]:
    """Serve DynamoDB, on all interfaces since it has no option for less, until the block ends.

    Args:
        port: Where it listens.
        jars: What `install` gave.
        folder: Where it keeps its log and its data, or takes them up again.
        in_memory: Keep none.
        inherited: Descriptors that stay open for as long as it lives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "dynamodb-local.log"
    variables = {"PATH": os.environ.get("PATH", os.defpath), "DDB_LOCAL_TELEMETRY": "0"}
    store = ["-inMemory"] if in_memory else ["-dbPath", str(folder)]
    command = [*_command(jars.absolute()), "-port", str(port), *store]
    with started(command, folder=folder, environment=variables, log=log, inherited=inherited) as process:
        service = Service("DynamoDB Local", f"http://{LOOPBACK}:{port}", process, log)
        service.wait_until(lambda response: response.status_code == 400, "/")
        yield service


def _command(jars: Path) -> list[str]:
    classes = [f"-Djava.library.path={jars}", "-cp", f"{jars}/*", _SERVER]
    return [java(), *classes, "-sharedDb", "-disableTelemetry"]


def _fetch(folder: Path) -> None:
    command = [_program("mvn"), "-q", "-B", "-f", str(_POM), _COPY, f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LocalError(f"Maven could not fetch DynamoDB Local: {_first_line(done.stdout + done.stderr)}")


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "it says nothing")


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise LocalError(f"DynamoDB Local needs {name}: {_ADVICE}.")
    return path
