"""`python -m devstack`: reads the command line and the signals; all else is in `commands`."""

import argparse
import io
import os
import signal
import sys
import threading

from devstack import commands
from devstack.environment import forget_amazon
from devstack.errors import LocalError
from devstack.options import ENGINES, Options

_COMMANDS = {
    "run": commands.run,
    "aws": commands.aws,
    "deploy": commands.deploy,
    "undeploy": commands.undeploy,
    "reset": commands.reset,
}
_EPILOG = f"""environment:
  PORT        where the API listens (8000)
  AWS_PORT    where the embedded AWS listens (4566)
  AWS_REGION  the region that it plays (us-east-1)
  ENGINE      what stores Dwipps: {" or ".join(ENGINES)} ({ENGINES[0]})
  RELOAD      1 starts the API again whenever a source file changes
  LOCAL_DIR   where settings and data lie (.local)
  LOG_LEVEL, FEED_SHARDS, FEED_CACHE_SECONDS are passed on to the app
"""


def main() -> int:
    """Carry out one command; 0 where the developer ended it, 1 where it could not go on."""
    arguments = _parser().parse_args()
    stop = _stopped_by_signals()
    _print_whole_lines()
    try:
        options = Options.from_environment(os.environ)
        forget_amazon(os.environ)
        _COMMANDS[arguments.command](options, stop)
    except LocalError as error:
        if not stop.is_set():
            print(error, file=sys.stderr)
            return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack",
        description="The API and the AWS that it stands on, on this machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subcommands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in _COMMANDS.items():
        subcommands.add_parser(name, help=command.__doc__, description=command.__doc__)
    return parser


def _stopped_by_signals() -> threading.Event:
    """Turn Ctrl-C, a kill and a closed terminal into an event, so that no step is cut in two."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _print_whole_lines() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


if __name__ == "__main__":
    sys.exit(main())
