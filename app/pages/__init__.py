"""Pages for people: the docs page, and what problems mean."""
