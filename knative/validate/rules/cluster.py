"""Cluster-wide settings that change what a webhook accepts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from knative.validate.documents import Document


@dataclass(frozen=True, slots=True)
class Cluster:
    """Settings of Knative's config-autoscaler; the defaults are Knative's."""

    allow_zero_initial_scale: bool = False

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Self:
        """The settings that a ConfigMap `config-autoscaler` among the documents makes."""
        for document in documents:
            if (document.kind, document.name) == ("ConfigMap", "config-autoscaler"):
                data = document.body.get("data")
                value = data.get("allow-zero-initial-scale") if isinstance(data, dict) else None
                return cls(allow_zero_initial_scale=str(value).lower() == "true")
        return cls()
