"""`status` for Minikube, and the addresses that `up` prints at its end."""

import json
import subprocess
from pathlib import Path
from typing import Any

from localdev.cluster.state import read_json
from localdev.cluster.status import LOGINS
from localdev.minikube.failures import is_ready, items, unready
from localdev.minikube.model import HOSTS, NAMESPACE, PORT, minikube
from localdev.minikube.profile import PROFILE
from localdev.minikube.run import accepts
from localdev.minikube.state import noted, state_of

_ASK_SECONDS = 60.0


def addresses(state: Path, authority: Path, port: int) -> list[str]:
    """Where to click, who may log in, and the line for /etc/hosts."""
    logins: dict[str, dict[str, str]] = read_json(state / LOGINS, {})
    inbox = (
        f"kubectl --context {PROFILE.name} -n {NAMESPACE} port-forward service/popshop-mail 8025"
    )
    keys = "STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET"
    return [
        f"storefront  https://{HOSTS[0]}:{port}",
        f"back office https://{HOSTS[1]}:{port}",
        *(f"{who:<11} {login['email']} / {login['password']}" for who, login in logins.items()),
        f"authority   {authority} (trust it, or click the browser's warning away)",
        f"mail        {inbox}, then http://127.0.0.1:8025",
        f"payments    by Stripe itself: set {keys} before `up`",
        "Browsers know *.localhost; for programs that do not, in /etc/hosts:",
        f"127.0.0.1 {' '.join(HOSTS)}",
    ]


def show_status(state: Path, *, is_json: bool) -> int:
    """What runs and where; 1 if the shop does not."""
    described = describe(state)
    if is_json:
        print(json.dumps(described, indent=2))
        return int(not described["ready"])
    print("ready" if described["ready"] else "not ready")
    print(f"profile     {PROFILE.name}: {described['profile']}")
    functions = described["functions"]
    print(f"functions   {functions['ready']} of {functions['all']} deployed")
    print(f"pods        {described['pods']}")
    print(*described["unready"], sep="\n")
    if described["forwarded"]:
        authority, port = Path(described["ca_file"]), described["port"]
        print(*addresses(state_of(state).root, authority, port), sep="\n")
    else:
        print(f"port {described['port']} is not forwarded; `up --runtime minikube` does it again")
    return int(not described["ready"])


def describe(state: Path) -> dict[str, Any]:
    """The document of `status --runtime minikube --json`."""
    own = state_of(state)
    functions = items(PROFILE, "ksvc", NAMESPACE)
    ready = sum(is_ready(item.get("status", {})) for item in functions)
    known = noted(state) or {}
    port = known.get("port", PORT)
    is_forwarded = bool(known) and accepts(port)
    return {
        "runtime": "minikube",
        "ready": bool(functions) and ready == len(functions) and is_forwarded,
        "profile": said(*minikube(PROFILE, "status", "--format={{.Host}}")) or "does not exist",
        "functions": {"all": len(functions), "ready": ready},
        "pods": len(items(PROFILE, "pods", NAMESPACE)),
        "unready": list(unready(PROFILE, (NAMESPACE, "kafka"))),
        "forwarded": is_forwarded,
        "port": port,
        "storefront": f"https://{HOSTS[0]}:{port}",
        "admin": f"https://{HOSTS[1]}:{port}",
        "ca_file": known.get("authority", ""),
        "logins": read_json(own.root / LOGINS, {}),
    }


def said(*argv: str) -> str:
    """The output of a short command; empty if it fails or is not installed."""
    try:
        asked = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=_ASK_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""
