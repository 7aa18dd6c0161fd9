"""The command line `python -m devstack COMMAND`: its arguments, signals and exit codes."""

import argparse
import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NamedTuple

from devstack import commands
from devstack.environment import exempt_loopback_from_proxies, hide_aws_account
from devstack.errors import LocalError
from devstack.options import ENGINES, Options


class _Command(NamedTuple):
    run: Callable[[Options, threading.Event], None]
    help: str


_COMMANDS = {
    "run": _Command(commands.run, "Serve the API and run the worker on the embedded AWS, until Ctrl-C."),
    "aws": _Command(commands.aws, "Run only the embedded AWS until Ctrl-C."),
    "deploy": _Command(commands.deploy, "Deploy serverless.yml into an embedded AWS and serve it until Ctrl-C."),
    "undeploy": _Command(
        commands.undeploy, "Remove the deployment made by `deploy`, except for its tables and user pool."
    ),
    "reset": _Command(commands.reset, "Delete the data of `run` and `deploy`, unless an embedded AWS is using it."),
}
_EPILOG = f"""environment:
  PORT        port of the API (8000)
  AWS_PORT    port of the embedded AWS (4566)
  AWS_REGION  region that the embedded AWS emulates (us-east-1)
  ENGINE      database of the API: {" or ".join(ENGINES)} ({ENGINES[0]})
  RELOAD      1 to restart the API when one of its source files changes; the worker does not restart
  LOCAL_DIR   folder of the settings and the data (.local)
  LOG_LEVEL, FEED_SHARDS, FEED_CACHE_SECONDS and the LIMIT_ variables are passed on to the app
"""


def main() -> int:
    """Run one command. Return the exit code: 1 if the command failed before a signal ended it, 0 otherwise."""
    arguments = _make_parser().parse_args()
    stop = _stop_on_signals()
    _flush_each_line()
    try:
        options = Options.from_environment(os.environ)
        hide_aws_account(os.environ)
        exempt_loopback_from_proxies(os.environ)
        _COMMANDS[arguments.command].run(options, stop)
    except LocalError as error:
        if not stop.is_set():
            print(error, file=sys.stderr)
            return 1
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack",
        description="Run the API and the AWS services that it uses on this machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subcommands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in _COMMANDS.items():
        subcommands.add_parser(name, help=command.help, description=command.help)
    return parser


def _stop_on_signals() -> threading.Event:
    """Return an event that Ctrl-C, `kill` or a closed terminal sets, so that no signal interrupts a step halfway."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _flush_each_line() -> None:
    """Flush standard output after each line, even if it is a pipe."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


if __name__ == "__main__":
    sys.exit(main())
