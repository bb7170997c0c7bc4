"""The Job that makes the indexes of every context's database."""

from collections.abc import Iterable

from knative.render.container import restricted
from knative.render.egress import EGRESS
from knative.render.environment import bindings_for
from knative.render.naming import IMAGE, SERVICE_ACCOUNT, Manifest, metadata
from shared.runtime.declare import Spec
from shared.runtime.settings import MongoSettings, bindings_of

_RETRIES = 10
_KEPT_SECONDS = 3600


def create_indexes(specs: Iterable[Spec]) -> Manifest:
    """A Job that runs ``python -m knative.indexes`` with every context's database."""
    labels = {"app.kubernetes.io/part-of": "popshop"}
    container = {
        "name": "create-indexes",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-m", "knative.indexes"],
        "env": [_url_of(context) for context in contexts_with_mongo(specs)],
        "resources": {
            "requests": {"cpu": "25m", "memory": "64Mi"},
            "limits": {"cpu": "1", "memory": "256Mi"},
        },
        "securityContext": restricted(),
    }
    pod = {
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "OnFailure",
        "containers": [container],
    }
    template = {"metadata": {"labels": labels | {EGRESS["MONGO_"].label: "true"}}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata("create-indexes", labels),
        "spec": {
            "backoffLimit": _RETRIES,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": template,
        },
    }


def contexts_with_mongo(specs: Iterable[Spec]) -> list[str]:
    """The contexts whose functions use a database."""
    return sorted(
        {
            spec.context
            for spec in specs
            for binding in bindings_for(spec)
            if binding in bindings_of(MongoSettings, spec.context)
        }
    )


def _url_of(context: str) -> Manifest:
    (url,) = bindings_of(MongoSettings, context)
    reference = {"name": url.object_name, "key": url.key}
    name = f"{url.variable}_{context.upper()}"
    return {"name": name, "valueFrom": {"secretKeyRef": reference}}
