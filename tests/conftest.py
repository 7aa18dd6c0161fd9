"""Fixtures with an embedded AWS, markers of test folders, and the summary of figures.

Each worker runs its own MiniStack. Each test that needs AWS gets new tables and a new user pool.
"""

import dataclasses
import fcntl
import functools
import gc
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import useragent

from app.accounts import pending_confirmations
from app.settings import Settings
from devstack import clients, dynamodb_local, ministack, stack, tables
from devstack.environment import exempt_loopback_from_proxies, hide_aws_account
from devstack.paths import ROOT
from devstack.process import Service
from devstack.state import StateFolder
from testkit import templates
from testkit.engine import Engine
from testkit.limits import without_limits
from testkit.ports import find_free_port

REGION = "us-east-1"

# Imported modules and collected tests stay until the end. A search for garbage among them takes a tenth of the run.
gc.set_threshold(50_000)

# All servers of the tests listen on loopback. The shell may name a proxy, and an AWS account.
exempt_loopback_from_proxies(os.environ)
hide_aws_account(os.environ)
# The default session of boto3 keeps the first credentials that it finds, so all tests of a process share these.
os.environ |= {"AWS_ACCESS_KEY_ID": clients.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY}

# Tests in these folders get the folder's name as a marker, so `pytest -m security` selects them.
_MARKER_FOLDERS = ("e2e/browser", "e2e/clients", "e2e/deployed", "infrastructure", "security")

# A function that records a figure by name.
Figures = Callable[[str, object], None]
# A function that creates an Engine. See the fixture `new_engine`.
NewEngine = Callable[..., Engine]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Return the event loop of async tests."""
    return "asyncio"


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run an embedded AWS, and set botocore's environment variables to its endpoint.

    Workers cannot share one MiniStack through separate accounts, because Cognito's unsigned calls name no account.
    """
    folder = tmp_path_factory.mktemp("aws")
    # The state of hundreds of tests takes seconds to save, and nobody reads it.
    aws = ministack.run(find_free_port(), folder, region=REGION, saves=False)
    with aws as service, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL_DYNAMODB", service.endpoint)
        environment.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", service.endpoint)
        environment.setenv("AWS_ENDPOINT_URL_SQS", service.endpoint)
        yield service


@pytest.fixture(autouse=True, scope="session")
def fast_hashes() -> Iterator[None]:
    """Lower the cost of scrypt, so that tests run faster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pending_confirmations, "SCRYPT_COST", 2)
        yield


@pytest.fixture(scope="session")
def json_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template in JSON, because MiniStack reads YAML slowly."""
    file = tmp_path_factory.mktemp("template") / "data.json"
    file.write_text(templates.to_json(stack.TEMPLATE))
    return file


@pytest.fixture(autouse=True, scope="session")
def fast_user_agents() -> Iterator[None]:
    """Cache the parts of the User-Agent. botocore makes it twice per call, which takes a third of the SDK's time."""
    with pytest.MonkeyPatch.context() as patch:
        sanitize = useragent.sanitize_user_agent_string_component
        patch.setattr(useragent, "sanitize_user_agent_string_component", functools.cache(sanitize))
        yield


@pytest.fixture
def new_settings(embedded: Service, json_template: Path) -> Callable[[], Settings]:
    """Return a function that creates tables and a user pool, and returns their settings, without limits."""

    def create() -> Settings:
        name = f"test-{uuid.uuid4().hex}"
        return without_limits(stack.deploy(embedded.endpoint, REGION, name=name, template=json_template))

    return create


@pytest.fixture
def settings(new_settings: Callable[[], Settings]) -> Settings:
    """Create tables and a user pool for one test, and return their settings."""
    return new_settings()


@pytest.fixture
def figures(record_property: Figures) -> Figures:
    """Return a function that records a figure, which is printed at the end of the run."""
    return record_property


@pytest.fixture(scope="session")
def jars() -> Path:
    """Return the folder of DynamoDB Local in `.local/`, and download DynamoDB Local if it is missing.

    Without Java or Maven this fails with a message about their installation.
    """
    state_folder = StateFolder(ROOT / ".local")
    state_folder.path.mkdir(mode=0o700, exist_ok=True)
    with (state_folder.path / "fetching").open("w") as lock:  # Only one test process downloads at a time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return dynamodb_local.install(state_folder.jars)


@pytest.fixture(scope="session")
def disk_store(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run DynamoDB Local as `make run ENGINE=dynamodb-local` does."""
    with dynamodb_local.run(find_free_port(), jars, tmp_path_factory.mktemp("dynamodb")) as service:
        yield service


@pytest.fixture(scope="session")
def memory_store(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run DynamoDB Local in memory, which is much faster than on disk."""
    with dynamodb_local.run(find_free_port(), jars, tmp_path_factory.mktemp("dynamodb"), in_memory=True) as service:
        yield service


@pytest.fixture
def new_engine(
    embedded: Service,
    new_settings: Callable[[], Settings],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> NewEngine:
    """Return a function that creates tables in a DynamoDB store, and points the apps of this process to that store.

    The function takes the name of the store's fixture and the number of feed shards.
    """

    def create(fixture: str, *, feed_shards: int = 1) -> Engine:
        settings = dataclasses.replace(new_settings(), feed_shards=feed_shards)
        store: Service = request.getfixturevalue(fixture)
        source, target = (
            clients.dynamodb_client(endpoint, settings.region) for endpoint in (embedded.endpoint, store.endpoint)
        )
        tables.mirror(source, target, settings.tables)
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", store.endpoint)
        return Engine(settings, embedded.endpoint, store.endpoint)

    return create


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(Path(__file__).parent).as_posix()
        for folder in _MARKER_FOLDERS:
            if path.startswith(f"{folder}/"):
                item.add_marker(folder.rpartition("/")[2])


def pytest_collection_finish() -> None:
    """Exclude imported modules and collected tests from later searches for garbage, because they stay until the end."""
    gc.freeze()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    with_figures = [report for report in reports if report.when == "call" and report.user_properties]
    if with_figures:
        terminalreporter.section("figures")
    for report in with_figures:
        terminalreporter.write_line(report.nodeid)
        for name, value in report.user_properties:
            terminalreporter.write_line(f"    {name}: {value}")
