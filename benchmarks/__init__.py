"""Measures what Dwipper costs and how quick it is, beside the usual design; `make bench` runs it."""
