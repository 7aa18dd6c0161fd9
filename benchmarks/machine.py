"""Which machine it was measured on, and when; no name of it."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("fastapi", "mangum", "pydantic", "boto3")


def described() -> str:
    """One sentence that says what the figures depend on."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores of {_processor()} with {_memory()} GB, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}, DynamoDB Local in memory."
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
