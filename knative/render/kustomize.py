"""Kustomizations of the rendered folders, so that overlays can take a folder as a whole."""

from collections.abc import Iterable

from knative.render.naming import Manifest


def kustomization(files: Iterable[str]) -> Manifest:
    """A kustomization that lists the files beside it."""
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(files),
    }
