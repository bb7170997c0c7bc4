"""Environment variables of a function: literals, and the Secret and ConfigMap keys behind them."""

from collections.abc import Mapping

from localdev.cluster.manifests import ManifestError, Reference, Workload

Values = Mapping[str, Mapping[str, str]]


def resolve(workload: Workload, secrets: Values, config_maps: Values) -> dict[str, str]:
    """The workload's variables with every reference replaced by its value.

    An optional key without a value leaves its variable out, as in Kubernetes. Raises
    ``ManifestError`` naming the file, variable and key of a missing one.
    """
    found: dict[str, str] = {}
    for name, value in workload.variables.items():
        if isinstance(value, str):
            found[name] = value
            continue
        known = _look_up(value, secrets if value.kind == "Secret" else config_maps)
        if known is not None:
            found[name] = known
        elif not value.is_optional:
            raise ManifestError(
                f"{workload.file}: {workload.name}: env {name}: there is no {value}"
            )
    return found


def _look_up(reference: Reference, values: Values) -> str | None:
    return values.get(reference.name, {}).get(reference.key)
