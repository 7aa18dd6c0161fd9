"""The command of the smoke test. It prints a line for each step, and exits with 1 if a step fails."""

import os
import sys
import time

from devstack.environment import exempt_loopback_from_proxies
from tests.e2e.smoke import confirmers
from tests.e2e.smoke.scenario import Scenario, open_client


def main(url: str) -> int:
    """Run the steps against the API at a URL, until one fails. Return the exit code."""
    exempt_loopback_from_proxies(os.environ)
    start = time.monotonic()
    with open_client(url) as http:
        for number, (title, step) in enumerate(Scenario(http, confirmers.from_environment(os.environ)).list_steps(), 1):
            try:
                step()
            except Exception as error:  # noqa: BLE001 -- any error is a failure of the step, and is printed
                print(f"not ok {number} - {title}: {error!r}")
                return 1
            print(f"ok {number} - {title}", flush=True)
    print(f"All steps passed: {url} ({time.monotonic() - start:.0f} s)")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tests.e2e.smoke URL")
    sys.exit(main(sys.argv[1]))
