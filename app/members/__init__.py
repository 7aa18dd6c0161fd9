"""Members: handles and public profiles."""
