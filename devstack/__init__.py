"""The API and its AWS on one machine. This package may import all of `app`; `app` must not import this package."""
