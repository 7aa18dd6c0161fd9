"""Links: the operations that can follow a response, and the values that they take from it.

https://spec.openapis.org/oas/v3.1.0#link-object
"""

from typing import Any

# The fields of a body by name, each with a runtime expression.
BODY_EXTENSION = "x-body"

Links = dict[str, dict[str, Any]]


def links_with_parameters(*operation_ids: str, **parameters: str) -> Links:
    """Return links to operations that take these parameters, each given as a runtime expression."""
    return {each: {"operationId": each, "parameters": parameters} for each in operation_ids}


def links_with_body(field: str, expression: str, *operation_ids: str) -> Links:
    """Return links to operations whose body has a field that takes its value from a runtime expression.

    OpenAPI cannot express this: `requestBody` is one expression or a literal, and an expression in an object is
    literal text. So the description tells people, and an extension tells the docs page.
    """
    description = f"`{field}` in the body is `{expression}`."
    link = {"description": description, BODY_EXTENSION: {field: expression}}
    return {each: {"operationId": each, **link} for each in operation_ids}
