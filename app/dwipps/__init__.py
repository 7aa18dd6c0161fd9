"""The Dwipps: their text, their store, and the lists of them."""
