"""The API over each transport. Each test runs once per transport, and the transcripts must be equal."""

from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path

import pytest

from app.settings import Settings
from devstack.process import Service
from testkit.api_client import TRANSPORTS, Api, Transport, open_api
from testkit.transcript import compare_transports

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


@pytest.fixture
async def api(
    transport: Transport,
    embedded: Service,
    new_settings: Callable[[], Settings],
    transcripts: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Api]:
    """Open the API over one transport, with new tables and a new user pool."""
    async with open_api(new_settings(), embedded.endpoint, transport) as api:
        yield api
    if request.node.stash.get(_HAS_PASSED, False):
        test_id = request.node.nodeid.replace(f"[{transport}", "[")
        compare_transports(transcripts, test_id, transport, api.transcript)
