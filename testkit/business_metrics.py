"""The business metrics that the routes of the app declare."""

from app.main import create_app
from app.observability.metrics import business_metric
from app.slices import iter_routes


def list_business_metrics() -> dict[str, str]:
    """Return the business metric of each operation that has one, by the name of the operation."""
    metrics = {route.name: business_metric(route.endpoint) for route in iter_routes(create_app())}
    return {operation: metric for operation, metric in metrics.items() if metric}
