import re
import subprocess
from pathlib import Path

import pytest

from localdev.cluster.certificates import ensure_certificates
from localdev.cluster.gateway import envoy_binary

TEMPLATE = Path(__file__).parents[3] / "knative/gateway/envoy.yaml"


@pytest.mark.parametrize("sampling", ["0", "12.5"])
def test_envoy_takes_the_rendered_configuration(tmp_path, sampling):
    certificates = ensure_certificates(tmp_path / "tls")
    values = {"${TLS_CERT}": str(certificates.leaf), "${TLS_KEY}": str(certificates.key)}
    values |= {"${OTEL_SAMPLING}": sampling, "${METRICS_PORT}": "1025"}

    def fill(found):
        name = found[0]
        return values.get(name) or ("1024" if name.endswith("_PORT}") else "127.0.0.1")

    file = tmp_path / "envoy.yaml"
    file.write_text(re.sub(r"\$\{[A-Z_]+\}", fill, TEMPLATE.read_text()))
    argv = [str(envoy_binary()), "--mode", "validate", "-c", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # A deprecated field works today and stops the gateway after an upgrade.
    assert "Deprecated field" not in done.stderr


def test_a_cluster_fills_in_every_placeholder_and_samples_nothing_by_itself(tmp_path):
    sed = TEMPLATE.with_name("cluster.sed")
    done = subprocess.run(
        ["sed", "-f", str(sed), str(TEMPLATE)], capture_output=True, text=True, check=True
    )
    assert "${" not in done.stdout
    # What an overlay that turns tracing on puts before it.
    given = ["-e", "s|${OTEL_SAMPLING}|5|", "-f", str(sed)]
    on = subprocess.run(["sed", *given, str(TEMPLATE)], capture_output=True, text=True, check=True)
    differing = set(on.stdout.splitlines()) ^ set(done.stdout.splitlines())
    assert {line.strip() for line in differing} == {"value: 5"}
