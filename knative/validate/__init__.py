"""Manifest validation: what the API server and Knative's webhooks would refuse, found offline."""

from knative.validate.check import validate
from knative.validate.documents import Document, UnreadableManifestError, load_documents
from knative.validate.problem import Problem
from knative.validate.references import check_references

__all__ = [
    "Document",
    "Problem",
    "UnreadableManifestError",
    "check_references",
    "load_documents",
    "validate",
]
