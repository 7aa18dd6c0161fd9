"""The business metrics that the routes of the app declare."""

from fastapi.routing import APIRoute, iter_route_contexts

from app.main import create_app
from app.observability.metrics import business_metric


def list_business_metrics() -> dict[str, str]:
    """Return the business metric of each operation that has one, by the name of the operation."""
    routes = (context.original_route for context in iter_route_contexts(create_app().routes))
    metrics = {route.name: business_metric(route.endpoint) for route in routes if isinstance(route, APIRoute)}
    return {operation: metric for operation, metric in metrics.items() if metric}
