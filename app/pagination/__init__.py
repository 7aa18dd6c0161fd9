"""Pages of lists, and the cursors between them."""
