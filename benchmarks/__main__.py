"""`python -m benchmarks [PART ...]`: run all benchmarks, or the named parts, and print the results.

Only a complete run writes the results to files, so that all published figures are from one run on one machine.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks import (
    capacity,
    ceilings,
    cold_start,
    contention,
    cost,
    feed_settings,
    limits,
    machine,
    results,
    throughput,
    warm_path,
)
from benchmarks.baseline_model import BaselineParameters
from benchmarks.progress import ProgressTracker, create_progress
from benchmarks.report import Part
from benchmarks.services import Services, run_services
from devstack.environment import exempt_loopback_from_proxies, hide_aws_account


def _run_economy(services: Services, tracker: ProgressTracker) -> list[Part]:
    """Measure the resources that operations use. Calculate costs, limits and feed settings."""
    measurements = capacity.measure(services, tracker)
    event_times = warm_path.measure(services, tracker)
    units = capacity.select_highest(measurements.operations[capacity.SIZES[0]])
    milliseconds = warm_path.estimate_billed_milliseconds(event_times)
    return [
        warm_path.report(event_times),
        capacity.report(measurements),
        cost.report(units, BaselineParameters(), milliseconds),
        limits.report(units, milliseconds["page of the feed"]),
        feed_settings.report(),
    ]


PARTS: Mapping[str, Callable[[Services, ProgressTracker], list[Part]]] = {
    "cold_start": lambda services, tracker: [cold_start.run(services, tracker)],
    "economy": _run_economy,
    "throughput": lambda services, tracker: [throughput.run(services, tracker)],
    "contention": lambda services, tracker: [contention.run(services, tracker)],
    "ceilings": lambda services, tracker: [ceilings.run(services, tracker)],
}


def main(names: Sequence[str]) -> int:
    """Run the parts with these names, or all parts if no name is given. Return 2 if a name is unknown, 0 otherwise."""
    if unknown := set(names) - PARTS.keys():
        print(f"Unknown parts: {', '.join(sorted(unknown))}. Choose from {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    started_at = time.monotonic()
    with run_services() as services, create_progress() as progress:
        tracker = ProgressTracker(progress)
        parts = [part for name in names or PARTS for part in PARTS[name](services, tracker)]
    machine_description = machine.describe()
    print("\n\n".join([machine_description, *(part.to_markdown() for part in parts)]))
    if not names:
        results.write(machine_description, parts)
    print(f"\nFinished in {(time.monotonic() - started_at) / 60:.0f} minutes.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    exempt_loopback_from_proxies(os.environ)
    hide_aws_account(os.environ)
    sys.exit(main(sys.argv[1:]))
