"""Manifest validation: what the API server and Knative's webhooks would refuse, found offline."""

from knative.validate.check import validate
from knative.validate.documents import Document, UnreadableManifestError, load_documents
from knative.validate.problem import Problem
from knative.validate.references import check_references
from knative.validate.selectors import check_selectors

__all__ = [
    "Document",
    "Problem",
    "UnreadableManifestError",
    "check_references",
    "check_selectors",
    "load_documents",
    "validate",
]
