"""Pages for people: the docs page and the explanations of problems."""
