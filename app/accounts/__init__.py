"""Accounts: registration, sessions and passwords under `/v1/auth`."""
