"""One deployment in an embedded AWS of its own, for all tests of this folder."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from devstack import deployment
from devstack.deployment import Deployment
from devstack.options import Options
from devstack.state import StateFolder
from testkit.ports import free_port


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    """Return the options of `make deploy-local`, with a temporary folder and free ports."""
    home = tmp_path_factory.mktemp("deployed")
    return Options.from_environment({"LOCAL_DIR": str(home), "AWS_PORT": str(free_port(neighbours=1))})


@pytest.fixture(scope="session")
def home(options: Options) -> StateFolder:
    """Return the folder of the deployment's state."""
    return StateFolder(options.state_folder)


@pytest.fixture(scope="session")
def deployed(options: Options, home: StateFolder) -> Iterator[Deployment]:
    """Run the deployment for all tests of a worker."""
    with ExitStack() as stack:
        lock = stack.enter_context(home.lock())
        yield stack.enter_context(deployment.run(options, home, lock))
