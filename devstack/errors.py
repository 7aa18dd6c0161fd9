"""What ends a local run; imports nothing."""


class LocalError(Exception):
    """A start that cannot go on; its text is the one line that the developer reads."""
