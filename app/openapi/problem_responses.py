"""Problems in the OpenAPI document: a schema and an example for each kind, an answer for each choice of kinds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from app.openapi import examples
from app.web import problems

# Where `documented` says which kinds an answer can be of, until the document is made.
SLUGS = "x-problems"

_KINDS = {kind.slug: kind for kind in problems.ALL}
_COMPONENTS = "#/components/{part}/{name}"


def described(kinds: Iterable[problems.Kind]) -> dict[str, Any]:
    """An answer of one of these kinds, in short: what `answer` makes the whole of."""
    kinds = list(kinds)
    description = " · ".join(f"{kind.title}: `{kind.type}`" for kind in kinds)
    return {"description": description, SLUGS: [kind.slug for kind in kinds]}


def answer(short: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, less its headers."""
    slugs = short[SLUGS]
    one_of = [_reference("schemas", _schema_name(slug)) for slug in slugs]
    schema = one_of[0] if len(one_of) == 1 else {"oneOf": one_of}
    shown = {slug: _reference("examples", slug) for slug in slugs}
    content = {problems.MEDIA_TYPE: {"schema": schema, "examples": shown}}
    return {"description": short["description"], "content": content}


def name_of(slugs: Sequence[str]) -> str:
    """The name of an answer among those that operations share."""
    return "-or-".join(slugs)


def schemas(slugs: Iterable[str]) -> dict[str, Any]:
    """The schemas of kinds, by name, and of what they are made of."""
    models: set[type[problems.Problem]] = {problems.Problem, *problems.MODELS.values()}
    _, made = models_json_schema([(model, "serialization") for model in models], ref_template=_template("schemas"))
    definitions = made["$defs"]
    return {"Flaw": definitions["Flaw"]} | {_schema_name(slug): _schema(_KINDS[slug], definitions) for slug in slugs}


def examples_of(slugs: Iterable[str]) -> dict[str, Any]:
    """An example for each kind, by its slug."""
    return {slug: {"summary": _KINDS[slug].title, "value": examples.problem(_KINDS[slug])} for slug in slugs}


def _schema(kind: problems.Kind, definitions: Mapping[str, Any]) -> dict[str, Any]:
    general: dict[str, Any] = definitions[problems.MODELS.get(kind, problems.Problem).__name__]
    own = {"type": {"const": kind.type}, "status": {"const": kind.status}}
    properties = {name: schema | own.get(name, {}) for name, schema in general["properties"].items()}
    properties.get("errors", {}).pop("default", None)  # It is left out, and not empty, where there is nothing in it.
    return general | {"description": f"{kind.title}.", "properties": properties}


def _schema_name(slug: str) -> str:
    return f"{slug.title().replace('-', '')}Problem"


def _reference(part: str, name: str) -> dict[str, str]:
    return {"$ref": _COMPONENTS.format(part=part, name=name)}


def _template(part: str) -> str:
    return _COMPONENTS.format(part=part, name="{model}")
