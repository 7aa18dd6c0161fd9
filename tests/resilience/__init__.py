"""Tests under faults, crashes and contention, walks through changing lists, and comparisons with a model."""
