"""Jobs of a deployment: the indexes of every context's database, and the bucket."""

from collections.abc import Iterable

from knative.render.container import restricted
from knative.render.egress import EGRESS, EVERY_MONGODB_LABEL
from knative.render.environment import bindings_for, variable
from knative.render.naming import IMAGE, SERVICE_ACCOUNT, Manifest, metadata
from shared.runtime.declare import Spec
from shared.runtime.settings import MongoSettings, ObjectStoreSettings, bindings_of

_RETRIES = 10
_KEPT_SECONDS = 3600
_MAKE_BUCKET = """\
from shared.runtime.objects import ObjectStore
from shared.runtime.settings import ObjectStoreSettings, load_settings
ObjectStore(load_settings(ObjectStoreSettings, "products")).ensure_bucket()
"""


def create_indexes(specs: Iterable[Spec]) -> Manifest:
    """A Job that runs ``python -m knative.indexes`` with every context's database."""
    return _job(
        "create-indexes",
        ["python", "-m", "knative.indexes"],
        [_url_of(context) for context in contexts_with_mongo(specs)],
        EVERY_MONGODB_LABEL,
    )


def create_bucket() -> Manifest:
    """A Job that makes the bucket of pictures and import files, wherever the S3 store is."""
    settings = bindings_of(ObjectStoreSettings, "products")
    command = ["python", "-c", _MAKE_BUCKET]
    return _job(
        "create-bucket", command, [variable(item) for item in settings], EGRESS["S3_"].label
    )


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


def _job(name: str, command: list[str], env: list[Manifest], egress_label: str) -> Manifest:
    labels = {"app.kubernetes.io/part-of": "popshop"}
    pod = {
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "OnFailure",
        "containers": [_container(name, command, env)],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(name, labels),
        "spec": {
            "backoffLimit": _RETRIES,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": {"metadata": {"labels": labels | {egress_label: "true"}}, "spec": pod},
        },
    }


def _container(name: str, command: list[str], env: list[Manifest]) -> Manifest:
    return {
        "name": name,
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "env": env,
        "resources": {
            "requests": {"cpu": "25m", "memory": "64Mi"},
            "limits": {"cpu": "1", "memory": "256Mi"},
        },
        "securityContext": restricted(),
    }


def _url_of(context: str) -> Manifest:
    (url,) = bindings_of(MongoSettings, context)
    return variable(url) | {"name": f"{url.variable}_{context.upper()}"}
