"""Errors of the operator's commands."""


class OperatorError(Exception):
    """A failure that the operator can fix. Only its text is shown."""
