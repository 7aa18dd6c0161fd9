"""The AWS that tests stand on, and what they print at the end.

It is a MiniStack of each worker's own, and in it tables and a pool of each test's own.
"""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.accounts import pending_confirmations
from app.settings import Settings
from devstack import ministack, stack
from devstack.process import Service
from testkit.ports import free_port

REGION = "us-east-1"

# A test has the marker of its folder, so that a selection never lists paths: `pytest -m security`.
_MARKER_FOLDERS = ("e2e/browser", "e2e/clients", "e2e/deployed", "infrastructure", "security")

Figures = Callable[[str, object], None]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of async tests."""
    return "asyncio"


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An embedded AWS, to which botocore's own variables point for as long as the tests run.

    One to each worker, and not an account to each in one for all: Cognito's unsigned calls name no account.
    """
    folder = tmp_path_factory.mktemp("aws")
    with ministack.running(free_port(), folder, region=REGION) as service, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL_DYNAMODB", service.endpoint)
        environment.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", service.endpoint)
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield service


@pytest.fixture(autouse=True, scope="session")
def hashes_are_quick() -> Iterator[None]:
    """What makes guessing slow makes nothing else here any better."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pending_confirmations, "SCRYPT_COST", 2)
        yield


@pytest.fixture
def new_settings(embedded: Service) -> Callable[[], Settings]:
    """Makes tables and a pool that nobody else uses."""
    return lambda: stack.deploy(embedded.endpoint, REGION, name=f"test-{uuid.uuid4().hex}")


@pytest.fixture
def settings(new_settings: Callable[[], Settings]) -> Settings:
    return new_settings()


@pytest.fixture
def figures(record_property: Figures) -> Figures:
    """Takes what a test measured, by name; it is printed at the end of the run."""
    return record_property


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(Path(__file__).parent).as_posix()
        for folder in _MARKER_FOLDERS:
            if path.startswith(f"{folder}/"):
                item.add_marker(folder.rpartition("/")[2])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    measured = [report for report in reports if report.when == "call" and report.user_properties]
    if measured:
        terminalreporter.section("figures")
    for report in measured:
        terminalreporter.write_line(report.nodeid)
        for name, value in report.user_properties:
            terminalreporter.write_line(f"    {name}: {value}")
