"""A smoke test of a running API: `python -m tests.e2e.smoke URL`."""
