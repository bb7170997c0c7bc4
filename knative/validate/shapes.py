"""Parts that the own models are written with, in the dialect of a CRD."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
INT: Schema = {"type": "integer"}
BOOL: Schema = {"type": "boolean"}
ANY: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
INT_OR_TEXT: Schema = {"x-kubernetes-int-or-string": True}
QUANTITY: Schema = {
    **INT_OR_TEXT,
    "pattern": r"^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?(\d+(\.\d*)?|\.\d+))?$",
}


def obj(required: str = "", /, **fields: Schema) -> Schema:
    """An object of these fields alone; ``required`` names some of them, parted by spaces."""
    schema: Schema = {"type": "object", "properties": fields}
    return {**schema, "required": required.split()} if required else schema


def list_of(items: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items}


def map_of(values: Schema) -> Schema:
    """A mapping of any names to such values."""
    return {"type": "object", "additionalProperties": values}
