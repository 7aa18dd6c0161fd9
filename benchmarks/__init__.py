"""Benchmarks of cost and speed against a baseline design and a tutorial's function. `make bench` runs them."""
