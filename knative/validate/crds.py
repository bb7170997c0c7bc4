"""Knative's own schemas: CustomResourceDefinition files, made strict for `jsonschema`."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Schema = dict[str, Any]
SchemaIndex = dict[tuple[str, str], Schema]

_BESIDE_CHECKOUT = Path(__file__).parents[3] / "shared" / "reference" / "crds"
_PRESERVE, _INT_OR_STRING = "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"
_STRING = {"type": "string"}
_STRINGS = {"type": "object", "additionalProperties": _STRING}

# The CRDs say only "object"; the API server's own rules for metadata are closed.
_METADATA: Schema = {
    "type": "object",
    "properties": {
        "name": _STRING,
        "generateName": _STRING,
        "namespace": _STRING,
        "labels": _STRINGS,
        "annotations": _STRINGS,
    },
}
# Open in the CRDs although the webhook decodes them strictly: (kind, path) -> fields to add.
_CLOSED_BY_THE_WEBHOOK: dict[tuple[str, str], tuple[str, ...]] = {
    ("Service", "spec.template.metadata"): (),
    ("Configuration", "spec.template.metadata"): (),
    ("Trigger", "spec"): (),
    ("Trigger", "spec.delivery"): ("timeout", "retryAfterMax", "format"),
    ("Broker", "spec.delivery"): ("timeout", "retryAfterMax", "format"),
}


def crd_folder() -> Path | None:
    """KNATIVE_CRDS, else the folder beside the checkout, else None."""
    chosen = os.environ.get("KNATIVE_CRDS")
    if chosen:
        return Path(chosen)
    return _BESIDE_CHECKOUT if _BESIDE_CHECKOUT.is_dir() else None


@cache
def crd_index(folder: Path) -> SchemaIndex:
    """Strict schemas by (apiVersion, kind) of every CRD file in the folder.

    Raises FileNotFoundError if there is none: a wrong KNATIVE_CRDS must not pass unnoticed.
    """
    index = {
        key: strict(key[1], schema)
        for file in sorted(folder.glob("*.yaml"))
        for key, schema in read_crd(file).items()
    }
    if not index:
        raise FileNotFoundError(f"no CustomResourceDefinition files in {folder} (KNATIVE_CRDS)")
    return index


def read_crd(file: Path) -> SchemaIndex:
    """The schemas of one CRD file as published; empty for any other file."""
    loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    body = yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506  a safe loader
    if not isinstance(body, dict) or body.get("kind") != "CustomResourceDefinition":
        return {}
    spec = body["spec"]
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): version["schema"][
            "openAPIV3Schema"
        ]
        for version in spec["versions"]
    }


def strict(kind: str, published: Schema) -> Schema:
    """The published schema with typos refused and metadata closed."""
    schema = _rewrite(published)
    schema["properties"] = {
        **schema.get("properties", {}),
        "apiVersion": _STRING,
        "kind": _STRING,
        "metadata": _rewrite(_METADATA),
    }
    schema["additionalProperties"] = False
    schema["required"] = sorted({*schema.get("required", ()), "apiVersion", "kind", "metadata"})
    for (owner, path), extra in _CLOSED_BY_THE_WEBHOOK.items():
        if owner == kind:
            _close(schema, path, extra)
    return schema


def _close(schema: Schema, path: str, extra: tuple[str, ...]) -> None:
    node = schema
    for part in path.split("."):
        node = node["properties"][part]
    node["properties"] |= dict.fromkeys(extra, _STRING)
    node["additionalProperties"] = False


def _rewrite(node: Schema) -> Schema:
    """A copy of the schema node in JSON Schema 2020-12, closed where it lists properties."""
    new = dict(node)
    for name in ("items", "additionalProperties"):
        if isinstance(new.get(name), dict):
            new[name] = _rewrite(new[name])
    for name in ("allOf", "anyOf", "oneOf"):
        if name in new:
            new[name] = [_rewrite(part) for part in new[name]]
    if "properties" in new:
        new["properties"] = {name: _rewrite(part) for name, part in new["properties"].items()}
        if "additionalProperties" not in new and not new.get(_PRESERVE):
            new["additionalProperties"] = False
    return _plain_types(new)


def _plain_types(node: Schema) -> Schema:
    if node.get(_INT_OR_STRING):
        node.pop("anyOf", None)
        node["type"] = ["integer", "string"]
    if node.get("nullable") and "type" in node:
        types = node["type"] if isinstance(node["type"], list) else [node["type"]]
        node["type"] = [*types, "null"]
    return node
