"""Limits per member: how many writes of a kind each member may make in an hour and in a day."""
