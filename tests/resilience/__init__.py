"""Tests under faults, crashes and contention, and walks through lists that change."""
