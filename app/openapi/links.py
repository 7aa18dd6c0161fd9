"""Links: the operations that can follow a response, and the values that they take from it.

https://spec.openapis.org/oas/v3.1.0#link-object
"""

from typing import Any

Links = dict[str, dict[str, Any]]


def links_with_parameters(*operation_ids: str, **parameters: str) -> Links:
    """Return links to operations that take these parameters, each given as a runtime expression."""
    return {each: {"operationId": each, "parameters": parameters} for each in operation_ids}


def links_with_body(body: dict[str, str], *operation_ids: str) -> Links:
    """Return links to operations that take this body, whose values are runtime expressions."""
    return {each: {"operationId": each, "requestBody": body} for each in operation_ids}
