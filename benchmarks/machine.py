"""The description of the machine that runs the benchmarks, without its name."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("fastapi", "mangum", "pydantic", "boto3")


def describe() -> str:
    """Return one sentence with the date, the hardware and the versions that the figures depend on."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores of {_read_processor_name()} with "
        f"{_read_memory_gb()} GB, {platform.system()}, Python {platform.python_version()}, {packages}, "
        "DynamoDB Local in memory."
    )


def _read_processor_name() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _read_memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
