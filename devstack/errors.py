"""The error of local runs."""


class LocalError(Exception):
    """A failure of a local run. The developer sees only its text, without a traceback."""
