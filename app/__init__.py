"""Dwipper: the backend of a social network for shower thoughts."""

__version__ = "0.1.0"
