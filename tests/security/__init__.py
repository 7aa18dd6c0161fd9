"""Attacks on the API, none of which succeeds: forged tokens, hostile gateway events, and errors of the deployment."""
