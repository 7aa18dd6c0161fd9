"""Attacks on the API, which must fail: forged tokens, hostile events, account enumeration and deployment mistakes."""
