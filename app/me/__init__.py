"""The member's own account under `/v1/me`: profile, export, deletion. The top slice: it may import the others."""
