"""Runs in the process of a function that is compared: handles events as often as it is told, and says how long it took.

A line of JSON on standard input is `[handler, event, times]`; one on standard output `[wall, cpu]`, seconds for each
event. It imports nothing but Python and the function.
"""

import importlib
import json
import sys
import time


def main() -> None:
    """Measure until standard input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        handler_name, event, times = json.loads(line)
        module, _, name = handler_name.rpartition(".")
        handler = getattr(importlib.import_module(module), name)
        wall, cpu = time.perf_counter(), time.process_time()
        statuses = {handler(event, None)["statusCode"] for _ in range(times)}
        taken = [(time.perf_counter() - wall) / times, (time.process_time() - cpu) / times]
        if max(statuses) >= 300:
            raise SystemExit(f"a function answered {statuses}")
        answers.write(json.dumps(taken) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
