"""The member's own account under `/v1/me`: profile, lists, export and deletion. May import all other slices."""
