"""Upvotes and favorites: what a member thinks of a Dwipp."""
