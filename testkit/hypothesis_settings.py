"""Settings for properties of Hypothesis, which a busy machine must not fail."""

from hypothesis import HealthCheck, settings

without_deadline = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
