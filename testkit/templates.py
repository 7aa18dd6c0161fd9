"""CloudFormation templates as YAML."""

from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """A YAML loader that converts tags of CloudFormation, such as `!Ref`, to `{tag: value}`."""


def _construct_tag(loader: Any, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    return {tag: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _construct_tag)


def load_template(file: Path) -> dict[str, Any]:
    """Return the content of a YAML file. Each tag becomes a dict: `!Ref Name` is `{"Ref": "Name"}`."""
    template: dict[str, Any] = _Loader(file.read_text()).get_single_data()
    return template
