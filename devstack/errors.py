"""The error that ends a local run. Imports nothing."""


class LocalError(Exception):
    """A local run cannot start or continue. The text is the only line that the developer reads."""
