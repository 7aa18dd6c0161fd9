"""Tell the story, a line for each step; ends with 1 at the first that fails, and says what was answered."""

import os
import sys
import time

from tests.e2e.smoke import codes
from tests.e2e.smoke.story import Smoke, client


def main(url: str) -> int:
    """Try all there is at an address; 0 where all of it works."""
    begun = time.monotonic()
    with client(url) as http:
        for number, (shows, step) in enumerate(Smoke(http, codes.of_environment(os.environ)).steps(), 1):
            try:
                step()
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is why the API does not work
                print(f"not ok {number} - {shows}: {error!r}")
                return 1
            print(f"ok {number} - {shows}", flush=True)
    print(f"All of it works: {url} ({time.monotonic() - begun:.0f} s)")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tests.e2e.smoke URL")
    sys.exit(main(sys.argv[1]))
