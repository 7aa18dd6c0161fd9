"""HTTP for all routers: middleware, problem answers, exception handlers and the dependencies that routes share."""
