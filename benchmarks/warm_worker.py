"""The worker process of a compared function: it handles events repeatedly, and reports the time.

Each line on standard input is `[handler, event, times]` in JSON. Each line on standard output is `[wall, cpu]`: the
mean seconds of one event. This module imports only Python's standard library and the function.
"""

import importlib
import json
import sys
import time


def main() -> None:
    """Measure the events on standard input until it ends.

    Raises:
        SystemExit: if the function returns an error.
    """
    output, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        handler_name, event, times = json.loads(line)
        module, _, name = handler_name.rpartition(".")
        handler = getattr(importlib.import_module(module), name)
        wall, cpu = time.perf_counter(), time.process_time()
        statuses = {handler(event, None)["statusCode"] for _ in range(times)}
        seconds = [(time.perf_counter() - wall) / times, (time.process_time() - cpu) / times]
        if max(statuses) >= 300:
            raise SystemExit(f"the function returned the statuses {statuses}")
        output.write(json.dumps(seconds) + "\n")
        output.flush()


if __name__ == "__main__":
    main()
