"""The whole story against an API that runs somewhere, from outside: `python -m tests.e2e.smoke URL`."""
