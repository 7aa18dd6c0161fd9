"""Background jobs: their messages, their queue, the rows of pending jobs, and the worker that runs them."""
