"""Observability: the access log, JSON logging, metrics and the context of a request."""
