"""The engines that these tests stand on."""

import dataclasses
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from devstack import clients, dynamodb_local, tables
from devstack.api import ROOT
from devstack.process import Service
from devstack.state import Home
from testkit.engine import Engine, free_port

NewEngine = Callable[..., Engine]


@pytest.fixture(scope="session")
def jars() -> Path:
    """DynamoDB Local, fetched once into `.local/` as `make run ENGINE=dynamodb-local` does.

    Where Java or Maven is missing this fails, and says what to install.
    """
    home = Home(ROOT / ".local")
    home.path.mkdir(mode=0o700, exist_ok=True)
    with (home.path / "fetching").open("w") as lock:  # One test process at a time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return dynamodb_local.install(home.jars)


@pytest.fixture(scope="session")
def on_disk(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """DynamoDB Local as `make run ENGINE=dynamodb-local` starts it."""
    with dynamodb_local.running(free_port(), jars, tmp_path_factory.mktemp("dynamodb")) as service:
        yield service


@pytest.fixture(scope="session")
def in_memory(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """DynamoDB Local without the disk, which is the slowest part of it."""
    with dynamodb_local.running(free_port(), jars, tmp_path_factory.mktemp("dynamodb"), in_memory=True) as service:
        yield service


@pytest.fixture
def new_engine(
    embedded: Service,
    new_settings: Callable[[], Settings],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> NewEngine:
    """Makes tables in the store that a fixture names, to which apps in this process go too."""

    def make(fixture: str, *, feed_shards: int = 1) -> Engine:
        settings = dataclasses.replace(new_settings(), feed_shards=feed_shards)
        store: Service = request.getfixturevalue(fixture)
        names = (settings.dwipps_table, settings.reactions_table, settings.members_table)
        source, target = (clients.dynamodb(each, settings.region) for each in (embedded.endpoint, store.endpoint))
        tables.mirror(source, target, names)
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", store.endpoint)
        return Engine(settings, embedded.endpoint, store.endpoint)

    return make
