"""``python -m localdev.minikube.authority DIR``: a certificate for the gateway without mkcert."""

import sys
from pathlib import Path

from localdev.cluster.certificates import ensure_certificates

if __name__ == "__main__":
    print(ensure_certificates(Path(sys.argv[1])).authority)
