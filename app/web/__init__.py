"""HTTP for all routers: middleware, problem responses, exception handlers and the dependencies that routes share."""
