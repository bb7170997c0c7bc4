"""``python -m localdev.minikube.seeding --state DIR --authority FILE answers|register|fill``.

Talks to the shop on the forwarded port as a browser would.
"""

import argparse
import http.client
import ssl
import sys
import time
from pathlib import Path

from localdev.cluster.ports import HOST
from localdev.cluster.state import read_json
from localdev.cluster.status import LOGINS
from localdev.minikube.model import HOSTS, PORT
from localdev.seed.client import SeedError, ShopClient
from localdev.seed.goods import import_file, seed_demo
from localdev.seed.logins import log_in, register_logins

_PATIENCE_SECONDS = 300.0
_POLL_SECONDS = 1.0


def main(argv: list[str] | None = None) -> int:
    """0 when it is done; 1 with the reason otherwise."""
    parser = argparse.ArgumentParser(prog="python -m localdev.minikube.seeding")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--authority", type=Path, required=True)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("what", choices=("answers", "register", "fill"))
    parser.add_argument("source", nargs="?", default="demo", metavar="demo|FILE")
    options = parser.parse_args(argv)
    try:
        _do(options)
    except (SeedError, OSError) as error:
        print(f"seed: {error}", file=sys.stderr)
        return 1
    return 0


def _do(options: argparse.Namespace) -> None:
    if options.what == "answers":
        wait_for_page(options.authority, options.port)
        return
    shop = ShopClient(f"https://{HOST}:{options.port}", HOSTS[1], str(options.authority))
    if options.what == "register":
        register_logins(options.state, shop)
        return
    log_in(shop, read_json(options.state / LOGINS)["admin"])
    if options.source == "demo":
        seed_demo(shop, print)
    else:
        import_file(shop, Path(options.source), print)


def wait_for_page(
    authority: Path, port: int = PORT, patience_seconds: float = _PATIENCE_SECONDS
) -> None:
    """Returns when the storefront answers 200; ``SeedError`` with the last answer otherwise."""
    context = ssl.create_default_context(cafile=str(authority))
    deadline = time.monotonic() + patience_seconds
    while (last := _ask(context, port)) != str(int(http.client.OK)):
        if time.monotonic() > deadline:
            raise SeedError(f"https://{HOSTS[0]}:{port}/ answers {last}, not 200")
        time.sleep(_POLL_SECONDS)


def _ask(context: ssl.SSLContext, port: int) -> str:
    """The status, or why there is none."""
    connection = http.client.HTTPSConnection(HOST, port, context=context, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/", headers={"Host": f"{HOSTS[0]}:{port}"})
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return f"nothing ({error})"
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
