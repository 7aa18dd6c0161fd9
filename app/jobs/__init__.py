"""Background jobs: the messages, the queue, the pending rows, and the worker."""
