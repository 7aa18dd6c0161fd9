"""A smoke test of a running API, from outside: `python -m tests.e2e.smoke URL`."""
