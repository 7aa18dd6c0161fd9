"""`python -m benchmarks [PART ...]`: measures all parts, or those that are named, and prints what was found.

Where all were measured, in one run on one machine, it also writes what the README shows.
"""

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
from benchmarks.environment import Stage, stage
from benchmarks.growth import Usual
from benchmarks.progress import Steps, bars
from benchmarks.report import Part


def _economy(stage: Stage, steps: Steps) -> list[Part]:
    """What operations consume, and what follows from it."""
    taken = capacity.measured(stage, steps)
    warm = warm_path.measured(stage, steps)
    units = capacity.dearest(taken.operations[capacity.SIZES[0]])
    return [
        warm_path.part(warm),
        capacity.part(taken),
        cost.part(units, Usual(), warm_path.milliseconds(warm)),
        limits.part(units, warm_path.milliseconds(warm)["page of the feed"]),
        feed_settings.part(),
    ]


PARTS: Mapping[str, Callable[[Stage, Steps], list[Part]]] = {
    "cold_start": lambda stage, steps: [cold_start.part(stage, steps)],
    "economy": _economy,
    "throughput": lambda stage, steps: [throughput.part(stage, steps)],
    "contention": lambda stage, steps: [contention.part(stage, steps)],
    "ceilings": lambda stage, steps: [ceilings.part(stage, steps)],
}


def main(names: Sequence[str]) -> int:
    """Measure the parts of these names, or all; returns the exit code."""
    if unknown := set(names) - PARTS.keys():
        print(f"There is no part {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    begun = time.monotonic()
    with stage() as where, bars() as progress:
        parts = [part for name in names or PARTS for part in PARTS[name](where, Steps(progress))]
    about = machine.described()
    print("\n\n".join([about, *(part.markdown() for part in parts)]))
    if not names:
        results.write(about, parts)
    print(f"\nIt took {(time.monotonic() - begun) / 60:.0f} minutes.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
