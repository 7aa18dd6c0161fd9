"""Accounts: emails, passwords and sessions, all of which Cognito keeps."""
