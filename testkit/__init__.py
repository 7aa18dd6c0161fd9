"""What the tests share: the two transports, a api to tell a story in, and what is compared of two answers."""
