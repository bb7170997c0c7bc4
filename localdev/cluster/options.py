"""What `up` is asked for, and where the files of the project are."""

from dataclasses import dataclass
from pathlib import Path

from localdev.cluster.state import REPOSITORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``seed``: "demo", "none" or a file; ``window_seconds`` shortens every stable window.

    ``start``: how a function's process is made, "zygote" (a fork) or "exec" (as in the image).
    ``max_scale_limit``: no function has more replicas, 0 is no limit. ``is_warming``: whether the
    authoriser wakes what usually follows a page. ``has_telemetry``: whether traces and metrics are
    kept.
    """

    seed: str = "none"
    window_seconds: float | None = None
    start: str = "zygote"
    max_scale_limit: int = 0
    is_warming: bool = True
    has_telemetry: bool = True
    manifests: Path = REPOSITORY

    @property
    def workload_folders(self) -> list[Path]:
        """Knative Services and Deployments."""
        return [self.manifests / "knative" / "services", self.manifests / "knative" / "deployments"]

    @property
    def cluster_settings(self) -> Path:
        """What an operator applies first; has the autoscaler's settings."""
        return self.manifests / "knative" / "base.yaml"

    @property
    def gateway_template(self) -> Path:
        """Envoy's configuration with placeholders."""
        return self.manifests / "knative" / "gateway" / "envoy.yaml"

    @property
    def routes(self) -> Path:
        """The authoriser's route table."""
        return self.manifests / "knative" / "gateway" / "routes.json"

    @property
    def eventing_folder(self) -> Path:
        """KafkaSources, KafkaSinks and PingSources."""
        return self.manifests / "eventing"

    @property
    def has_eventing(self) -> bool:
        """Whether any event moves."""
        return any(self.eventing_folder.rglob("*.yaml"))
