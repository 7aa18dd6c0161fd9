"""The limits of members in tests and benchmarks. Most tests make more writes than the default limits allow."""

from dataclasses import astuple, replace

from app.settings import MemberLimits, Settings

# Nothing is counted.
NO_LIMITS = MemberLimits(0, 0, 0, 0, 0)
# All writes are counted, as in a deployment, and no test reaches the limits.
HIGH_LIMITS = MemberLimits(100_000, 100_000, 100_000, 100_000, 100_000)


def without_limits(settings: Settings) -> Settings:
    """Return the settings with all limits turned off."""
    return replace(settings, limits=NO_LIMITS)


def with_high_limits(settings: Settings) -> Settings:
    """Return the settings with limits that count all writes and refuse none."""
    return replace(settings, limits=HIGH_LIMITS)


def limit_variables(limits: MemberLimits) -> dict[str, str]:
    """Return the environment variables of these limits."""
    return dict(zip(MemberLimits.variables(), map(str, astuple(limits)), strict=True))
