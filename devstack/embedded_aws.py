"""The embedded AWS as a whole: MiniStack, the store, the stack and the env file, in the folder `.local`."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.settings import Settings
from devstack import clients, dynamodb_local, environment, ministack, stack, tables
from devstack.options import Options
from devstack.process import Service
from devstack.state import Home, note_process


@dataclass(frozen=True, slots=True)
class EmbeddedAws:
    """What runs, and what the app is told of it."""

    mailbox: str
    services: Sequence[Service]
    variables: dict[str, str]
    is_outdated: bool


@contextlib.contextmanager
def started(options: Options, home: Home, lock: int) -> Iterator[EmbeddedAws]:
    """Run it until the block ends, and take up the data that an earlier run left.

    Raises:
        LocalError: it cannot start.
    """
    home.claim(_writer(options))
    with contextlib.ExitStack() as services:
        aws = services.enter_context(
            ministack.running(options.aws_port, home.path, region=options.region, inherited=[lock])
        )
        note_process(lock, aws.process.pid)
        settings = stack.deploy(aws.endpoint, options.region)
        store = services.enter_context(_store(options, home, lock, aws, settings))
        variables = environment.variables(settings, aws.endpoint, store.endpoint) | dict(options.passed_on)
        environment.write(home.env, variables)
        outdated = stack.is_outdated(aws.endpoint, options.region)
        yield EmbeddedAws(aws.endpoint, (aws, store), variables, outdated)


def _writer(options: Options) -> str:
    store = "" if options.engine == "ministack" else f" with {dynamodb_local.VERSION}"
    return f"{ministack.version()}{store} in {options.region}"


@contextlib.contextmanager
def _store(options: Options, home: Home, lock: int, aws: Service, settings: Settings) -> Iterator[Service]:
    if options.engine == "ministack":
        yield aws
        return
    jars = dynamodb_local.install(home.jars)
    # Members and Dwipps of a pool that a killed MiniStack lost would be in the next one's way.
    folder = home.dynamodb / settings.user_pool_id
    with dynamodb_local.running(options.dynamodb_port, jars, folder, inherited=[lock]) as store:
        names = (settings.dwipps_table, settings.reactions_table, settings.members_table)
        source, target = (clients.dynamodb(each.endpoint, options.region) for each in (aws, store))
        tables.mirror(source, target, names)
        yield store
