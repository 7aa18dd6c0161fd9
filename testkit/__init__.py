"""The helpers that tests and benchmarks share: transports, clients, stand-ins and attacks."""
