"""How this machine and the overlays differ, found by changing manifests and comparing outcomes.

A difference is a line such as ``Service spec.template.spec.containers[].resources``.
"""

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from knative.validate import Document, load_documents
from localdev.cluster import manifests
from localdev.cluster.addresses import Addresses
from localdev.cluster.options import Options
from localdev.eventing import manifests as eventing
from shared.runtime.settings import CONFIG_MAP
from tests.integration.knative.overlays.built import (
    BASE,
    ENVIRONMENTS,
    OVERLAYS,
    ROOT,
    containers_of,
)

Place = tuple[str | int, ...]
_GONE = object()
_OTHER_WORDS = {"exponential": "linear", "binary": "structured"}


def workload_documents() -> list[Document]:
    """The Knative Services and Deployments that this machine runs."""
    found = load_documents(Options().workload_folders)
    return [item for item in found if item.group]


def eventing_documents() -> list[Document]:
    """The sources and sinks that this machine runs."""
    return load_documents([ROOT / "eventing"])


def ignored_fields(monkeypatch: Any) -> set[str]:
    """Fields of manifests that change nothing here, whatever is in them."""
    workloads, events = workload_documents(), eventing_documents()
    for module in (manifests, eventing):
        monkeypatch.setattr(module, "validate", lambda *_args, **_options: [])
    return _ignored(
        workloads, lambda chosen, _: _outcome(monkeypatch, manifests, [chosen])
    ) | _ignored(
        events,
        lambda chosen, before: _outcome(
            monkeypatch, eventing, [chosen if item is before else item for item in events]
        ),
    )


def _outcome(monkeypatch: Any, module: Any, documents: Sequence[Document]) -> object:
    """What a machine makes of the manifests; the refusal when it takes offence."""
    monkeypatch.setattr(module, "load_documents", lambda _paths: list(documents))
    try:
        if module is manifests:
            return manifests.load_workloads([ROOT])
        return eventing.load_eventing(ROOT)
    except Exception as refusal:  # noqa: BLE001 - any refusal shows that the field is read
        return type(refusal)


def _ignored(
    documents: Sequence[Document], outcome: Callable[[Document, Document], object]
) -> set[str]:
    """By kind: the shortest paths below which nothing makes a difference."""
    told: dict[Place, bool] = {}
    for document in documents:
        for place in _leaves(document.body):
            line = (document.kind, *_anywhere(place))
            if line not in told:
                told[line] = _is_ignored(document, place, outcome)
    return {_line(place) for place in _shortest(told)}


def _is_ignored(
    document: Document, place: Place, outcome: Callable[[Document, Document], object]
) -> bool:
    before = outcome(document, document)
    return all(
        outcome(_changed(document, place, value), document) == before
        for value in (_GONE, *_others(_at(document.body, place)))
    )


def _others(value: Any) -> Iterator[Any]:
    """Values of the same type, but not this one."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    else:
        yield _OTHER_WORDS.get(value, f"other{value}")
        yield re.sub(r"\d+", lambda number: str(int(number[0]) + 1), value)


def _changed(document: Document, place: Place, value: object) -> Document:
    body = copy.deepcopy(document.body)
    node = _at(body, place[:-1])
    if value is _GONE:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    return Document(document.file, document.index, body)


def _shortest(told: Mapping[Place, bool]) -> set[Place]:
    """A path all of whose leaves are ignored stands for them."""
    found = set()
    for place in (place for place, is_ignored in told.items() if is_ignored):
        starts = (place[:count] for count in range(2, len(place) + 1))
        found.add(next(start for start in starts if _all_below(start, told)))
    return found


def _all_below(start: Place, told: Mapping[Place, bool]) -> bool:
    return all(ignored for place, ignored in told.items() if place[: len(start)] == start)


def on_clusters(built: Mapping[str, Sequence[Document]]) -> set[str]:
    """What overlays do otherwise than this machine; ``cluster`` where every environment does."""
    where: dict[str, set[str]] = {}
    for overlay, documents in built.items():
        lines = _changed_by_overlay(documents) | _not_run_here(documents) | _images(documents)
        for line in lines | _configured(documents):
            where.setdefault(line, set()).add(overlay.partition("/")[0])
    return {
        f"{'cluster' if names == set(ENVIRONMENTS) else ' '.join(names)} {line}"
        for line, names in where.items()
    }


def _changed_by_overlay(built: Iterable[Document]) -> set[str]:
    """Fields of what this machine runs that an overlay sets, changes or removes."""
    by_name = {_key(item): item for item in _run_here()}
    return {
        _line((item.kind, *_anywhere(place)))
        for item in built
        if _key(item) in by_name
        for place in _differing(by_name[_key(item)].body, item.body)
    }


def _differing(before: Any, after: Any, place: Place = ()) -> Iterator[Place]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            if (key in before) != (key in after):
                yield (*place, key)
            else:
                yield from _differing(before[key], after[key], (*place, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differing(old, new, (*place, index))
    elif before != after:
        yield place


def _not_run_here(built: Iterable[Document]) -> set[str]:
    """Kinds of which this machine runs none; of the others those that it does not run, by name."""
    ours = {_key(item) for item in _run_here()}
    kinds = {key[:2] for key in ours}
    return {
        f"{item.kind} " + (item.name if _key(item)[:2] in kinds else f"({item.group or 'core'})")
        for item in [*load_documents([BASE]), *built]
        if _key(item) not in ours
    }


def _key(document: Document) -> tuple[str, str, str]:
    return document.group, document.kind, document.name


def _run_here() -> list[Document]:
    return [*workload_documents(), *eventing_documents()]


def _images(built: Iterable[Document]) -> set[str]:
    """Images, without their tags."""
    every = {container["image"] for item in built for container in containers_of(item)}
    return {f"image {image.partition(':')[0]}" for image in every}


def configuration() -> set[str]:
    """Keys of the shop's ConfigMap that have another value here than in base.yaml."""
    addresses = Addresses()
    try:
        (here,) = addresses.config_maps("other", "other", Path("other"), "other").values()
    finally:
        addresses.close()
    return {f"popshop-config {key}" for key in _unequal(here, _configuration())}


def _configured(built: Iterable[Document]) -> set[str]:
    """Keys of the shop's ConfigMap that an overlay sets otherwise than base.yaml."""
    maps = [item.body["data"] for item in built if item.name == CONFIG_MAP]
    return {f"popshop-config {key}" for data in maps for key in _unequal(data, _configuration())}


def _configuration() -> dict[str, str]:
    return next(item.body["data"] for item in load_documents([BASE]) if item.name == CONFIG_MAP)


def _unequal(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    """A port at the end of an address is whatever was free."""
    bare = [{key: re.sub(r":\d+$", "", text) for key, text in it.items()} for it in (one, other)]
    return {key for key in one.keys() | other.keys() if bare[0].get(key) != bare[1].get(key)}


def overlays() -> list[str]:
    """The overlays that deploy the shop and its data."""
    return [
        str(path.parent.relative_to(OVERLAYS))
        for path in sorted(OVERLAYS.rglob("kustomization.yaml"))
        if path.parent.name != "observability"
    ]


def _leaves(value: Any, place: Place = ()) -> Iterator[Place]:
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    elif place:
        yield place
    for key, part in pairs:
        yield from _leaves(part, (*place, key))


def _at(body: Any, place: Place) -> Any:
    for key in place:
        body = body[key]
    return body


def _anywhere(place: Place) -> Place:
    """Which item of a list it is does not matter."""
    return tuple("[]" if isinstance(key, int) else key for key in place)


def _line(place: Place) -> str:
    """``Service spec.template.spec.containers[].image`` from its parts."""
    kind, *keys = place
    path = "".join(str(key) if key == "[]" else f".{key}" for key in keys)
    return f"{kind} {path.removeprefix('.')}"
