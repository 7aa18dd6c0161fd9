"""A rule for the compression of responses."""

from collections.abc import Iterator

from tests.infrastructure.rules.resources import Template, get_properties

# A smaller response fits into one packet, so compression saves nothing.
MINIMUM_SIZE = 1400


def check_compression(template: Template) -> Iterator[str]:
    """Check that API Gateway compresses large responses, and treats all of them as text, which the app sends."""
    api = get_properties(template, "ApiGatewayRestApi")
    if api.get("MinimumCompressionSize") != MINIMUM_SIZE:
        yield f"ApiGatewayRestApi: compresses from {api.get('MinimumCompressionSize')}"
    if api.get("BinaryMediaTypes"):
        yield f"ApiGatewayRestApi: binary media types {api['BinaryMediaTypes']}"
