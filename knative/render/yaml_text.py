"""YAML as it is checked in: a header, plain block style, no aliases, text blocks for code."""

from collections.abc import Sequence
from typing import Any

import yaml

HEADER = "# Rendered from the declarations by `nox -s render`; do not edit.\n"


_WIDTH = 100_000


class OneLine(dict[str, Any]):
    """A mapping that is written on one line: rows of a long table."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 - yaml's own signature
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        """Indents lists below their key, as people write them."""
        del indentless
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _one_line(dumper: yaml.SafeDumper, value: OneLine) -> yaml.MappingNode:
    node = dumper.represent_dict(value)
    node.flow_style = True
    return node


_Dumper.add_representer(str, _text)
_Dumper.add_representer(OneLine, _one_line)


def to_yaml(*documents: dict[str, Any] | Sequence[Any]) -> str:
    """The documents as one YAML file."""
    parts = [
        yaml.dump(item, Dumper=_Dumper, sort_keys=False, width=_WIDTH, allow_unicode=True)
        for item in documents
    ]
    return HEADER + "---\n".join(parts)
