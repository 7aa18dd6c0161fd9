"""What the tests share: the two transports, a world to tell a story in, and what is compared of two answers."""
