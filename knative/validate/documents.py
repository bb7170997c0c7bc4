"""Manifests read from YAML the strict way: no duplicate keys, string keys, mappings only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
# Read by kustomize on this machine, never sent to an API server.
_KUSTOMIZE = frozenset({"kustomization.yaml", "kustomization.yml"})


class UnreadableManifestError(ValueError):
    """A file that is not a sequence of YAML mappings; the message says which line."""


@dataclass(frozen=True, slots=True)
class Document:
    """One manifest: the file it is in, its place there (from 0) and its content."""

    file: Path
    index: int
    body: dict[str, Any]

    @property
    def api_version(self) -> str:
        """The `apiVersion`, empty if there is none."""
        return str(self.body.get("apiVersion") or "")

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        """The `kind`, empty if there is none."""
        return str(self.body.get("kind") or "")

    @property
    def metadata(self) -> dict[str, Any]:
        """The `metadata`, empty if there is none."""
        metadata = self.body.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def name(self) -> str:
        """`metadata.name`, empty if there is none."""
        return str(self.metadata.get("name") or "")

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, empty if the manifest leaves it to whoever applies it."""
        return str(self.metadata.get("namespace") or "")

    @property
    def label(self) -> str:
        """`Kind/name`, or the position where those are missing."""
        return f"{self.kind or 'document'}/{self.name or f'#{self.index}'}"


def load_documents(paths: Iterable[Path]) -> list[Document]:
    """Every manifest in the files, and in the *.yaml and *.yml files below the folders.

    Raises UnreadableManifestError for a missing file, bad YAML, a duplicate or non-string key.
    """
    return [document for path in paths for file in _files(Path(path)) for document in _read(file)]


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UnreadableManifestError(f"{path}: there is no such file or folder")
    if path.is_file():
        return [path]
    found = (file for pattern in ("*.yaml", "*.yml") for file in path.rglob(pattern))
    return sorted(file for file in found if file.name not in _KUSTOMIZE)


def _read(file: Path) -> Iterator[Document]:
    loader = _Loader(file.read_text(encoding="utf-8"))
    try:
        index = 0
        while loader.check_node():
            node = loader.get_node()
            _check_keys(file, node, set())
            body = loader.construct_document(node)
            if body is not None:
                yield Document(file, index, _mapping(file, node, body))
                index += 1
    except yaml.YAMLError as error:
        raise UnreadableManifestError(f"{file}: not YAML: {error}") from error
    finally:
        loader.dispose()


def _mapping(file: Path, node: yaml.Node, body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise UnreadableManifestError(f"{_at(file, node)}: a manifest is a mapping")
    return body


def _check_keys(file: Path, node: yaml.Node, seen: set[int]) -> None:
    """Walk the node tree once; anchors make it a graph, hence `seen`."""
    if id(node) in seen or not isinstance(node, yaml.CollectionNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        _check_mapping_keys(file, node)
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            _check_keys(file, part, seen)


def _check_mapping_keys(file: Path, node: yaml.MappingNode) -> None:
    keys: set[str] = set()
    for key, _ in node.value:
        if key.tag == _MERGE:
            continue
        if key.tag != _STRING:
            raise UnreadableManifestError(
                f"{_at(file, key)}: key {key.value!r} is not a string: quote it"
            )
        if key.value in keys:
            raise UnreadableManifestError(f"{_at(file, key)}: duplicate key {key.value!r}")
        keys.add(key.value)


def _at(file: Path, node: yaml.Node) -> str:
    return f"{file}:{node.start_mark.line + 1}"
