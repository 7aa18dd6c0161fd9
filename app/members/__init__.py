"""Members: their handles, and what others may know of them."""
