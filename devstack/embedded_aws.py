"""The embedded AWS of a state folder: MiniStack, the database, the stack and the env file."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.settings import Settings
from devstack import clients, dynamodb_local, environment, ministack, stack, tables
from devstack.options import Options
from devstack.process import Service
from devstack.state import StateFolder, record_process_id


@dataclass(frozen=True, slots=True)
class EmbeddedAws:
    """A running embedded AWS.

    Attributes:
        mail_endpoint: the endpoint of MiniStack, which keeps the mail that Cognito sends.
        services: the running services. The last one is the database.
        env: the environment variables of an app that uses this embedded AWS.
        is_outdated: whether the template has changed since the stack was created.
    """

    mail_endpoint: str
    services: Sequence[Service]
    env: dict[str, str]
    is_outdated: bool


@contextlib.contextmanager
def run(options: Options, state: StateFolder, lock: int) -> Iterator[EmbeddedAws]:
    """Run the embedded AWS until the block ends. Data of earlier runs is kept.

    Args:
        options: the options of the run.
        state: the state folder, locked.
        lock: the descriptor of that lock, which the services inherit.

    Raises:
        LocalError: if the embedded AWS cannot start, or if other programs wrote the data of earlier runs.
    """
    state.claim(_describe_writer(options))
    with contextlib.ExitStack() as services:
        aws = services.enter_context(
            ministack.run(options.aws_port, state.path, region=options.region, inherited_fds=[lock])
        )
        record_process_id(lock, aws.process.pid)
        settings = stack.deploy(aws.endpoint, options.region)
        store = services.enter_context(_run_store(options, state, lock, aws, settings))
        env = environment.make_variables(settings, aws.endpoint, store.endpoint) | dict(options.app_variables)
        environment.write(state.env_file, env)
        is_outdated = stack.is_outdated(aws.endpoint, options.region)
        yield EmbeddedAws(aws.endpoint, (aws, store), env, is_outdated)


def _describe_writer(options: Options) -> str:
    """Return the names and versions of the programs that write the data, and their region."""
    store = "" if options.engine == "ministack" else f" with {dynamodb_local.VERSION}"
    return f"{ministack.describe_version()}{store} in {options.region}"


@contextlib.contextmanager
def _run_store(options: Options, state: StateFolder, lock: int, aws: Service, settings: Settings) -> Iterator[Service]:
    """Run the database of the chosen engine until the block ends."""
    if options.engine == "ministack":
        yield aws
        return
    jars = dynamodb_local.install(state.jars)
    # A MiniStack that is killed before its first save loses its user pool. The next pool must not get its data.
    folder = state.dynamodb / settings.user_pool_id
    with dynamodb_local.run(options.dynamodb_port, jars, folder, inherited_fds=[lock]) as store:
        source, target = (clients.dynamodb_client(service.endpoint, options.region) for service in (aws, store))
        tables.mirror(source, target, settings.tables)
        yield store
