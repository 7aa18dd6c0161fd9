"""One deployment in an embedded AWS of its own, for all that is asked of it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from devstack import deployment
from devstack.deployment import Deployment
from devstack.options import Options
from devstack.state import Home
from testkit.ports import free_port


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    home = tmp_path_factory.mktemp("deployed")
    return Options.from_environment({"LOCAL_DIR": str(home), "AWS_PORT": str(free_port(neighbours=1))})


@pytest.fixture(scope="session")
def home(options: Options) -> Home:
    return Home(options.home)


@pytest.fixture(scope="session")
def deployed(options: Options, home: Home) -> Iterator[Deployment]:
    with ExitStack() as running:
        lock = running.enter_context(home.locked())
        yield running.enter_context(deployment.running(options, home, lock))
