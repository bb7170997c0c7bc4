import re
import subprocess
from pathlib import Path

from localdev.cluster.certificates import ensure_certificates
from localdev.cluster.gateway import envoy_binary

TEMPLATE = Path(__file__).parents[3] / "knative/gateway/envoy.yaml"


def test_envoy_takes_the_rendered_configuration(tmp_path):
    certificates = ensure_certificates(tmp_path / "tls")
    values = {"${TLS_CERT}": str(certificates.leaf), "${TLS_KEY}": str(certificates.key)}

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
