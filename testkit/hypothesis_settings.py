"""Settings of Hypothesis that keep property tests from failing on a busy machine."""

from hypothesis import HealthCheck, settings

without_deadline = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
