"""A deployment in its own embedded AWS, which the tests of a worker share."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from devstack import deployment
from devstack.deployment import Deployment
from devstack.options import Options
from devstack.state import StateFolder
from testkit.ports import find_free_port


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    """Return the options of `make deploy-local`, with a temporary folder and free ports."""
    folder = tmp_path_factory.mktemp("deployed")
    return Options.from_environment({"LOCAL_DIR": str(folder), "AWS_PORT": str(find_free_port(neighbours=2))})


@pytest.fixture(scope="session")
def state_folder(options: Options) -> StateFolder:
    """Return the folder of the deployment's state."""
    return StateFolder(options.state_folder)


@pytest.fixture(scope="session")
def deployed(options: Options, state_folder: StateFolder) -> Iterator[Deployment]:
    """Run one deployment for all tests of a worker."""
    with ExitStack() as stack:
        lock = stack.enter_context(state_folder.lock())
        yield stack.enter_context(deployment.run(options, state_folder, lock))
