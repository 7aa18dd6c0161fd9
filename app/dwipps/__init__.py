"""Dwipps: their texts, their lists, upvotes and favorites."""
