"""The API over each transport. Each test runs once per transport, and the transcripts must be equal.

After each test, each row of the members table and of the safety table must belong to a registered store.
"""

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path

import pytest

from app.bootstrap import Container
from app.settings import Settings
from devstack import clients
from devstack.process import Service
from testkit.api_client import TRANSPORTS, Api, Transport, open_api
from testkit.doubles import SETTINGS
from testkit.transcript import compare_transports
from tests.conftest import REGION

_HAS_PASSED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Store whether the test passed. Only transcripts of passed tests are compared."""
    report = yield
    if report.when == "call":
        item.stash[_HAS_PASSED] = report.passed
    return report


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    """Return the transport of the test."""
    transport: Transport = request.param
    return transport


@pytest.fixture(scope="session")
def transcripts(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder that all workers of one run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "transcripts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def check_key_prefixes(embedded: Service) -> Callable[[str], None]:
    """Return a function that asserts that each row of a table belongs to a registered store."""
    client = clients.dynamodb_client(embedded.endpoint, REGION)
    registered = {prefix for store in Container(SETTINGS).personal.stores for prefix in store.key_prefixes}

    def check(table: str) -> None:
        pages = client.get_paginator("scan").paginate(TableName=table)
        prefixes = {item["pk"]["S"].partition("#")[0] for page in pages for item in page["Items"]}
        assert prefixes <= registered, (
            f"The table {table} has rows with the key prefixes {sorted(prefixes - registered)}, which no store has:"
            " register a PersonalData or ExemptRows in app/bootstrap/personal.py."
        )

    return check


@pytest.fixture
def checked_settings(settings: Settings, check_key_prefixes: Callable[[str], None]) -> Iterator[Settings]:
    """Yield the settings of one test, and check the rows of its members table and its safety table afterwards."""
    yield settings
    check_key_prefixes(settings.members_table)
    check_key_prefixes(settings.safety_table)


@pytest.fixture
async def api(
    transport: Transport,
    embedded: Service,
    checked_settings: Settings,
    transcripts: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Api]:
    """Open the API over one transport, with new tables and a new user pool."""
    async with open_api(checked_settings, embedded.endpoint, transport, has_quick_accounts=True) as api:
        yield api
    if request.node.stash.get(_HAS_PASSED, False):
        test_id = request.node.nodeid.replace(f"[{transport}", "[")
        compare_transports(transcripts, test_id, transport, api.transcript)
