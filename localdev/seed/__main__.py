"""``python -m localdev.seed --state DIR --from demo|FILE``: fills a running shop."""

import argparse
import sys
from pathlib import Path

from localdev.cluster.control import call
from localdev.seed.client import SeedError, ShopClient
from localdev.seed.goods import import_file, seed_demo
from localdev.seed.logins import ensure_logins, log_in


def main() -> int:
    """0 when everything is there; 1 with the reason otherwise."""
    parser = argparse.ArgumentParser(prog="python -m localdev.seed", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--from", dest="source", required=True, metavar="demo|FILE")
    options = parser.parse_args()
    try:
        _seed(options.state, options.source)
    except (SeedError, OSError) as error:
        print(f"seed: {error}", file=sys.stderr)
        return 1
    return 0


def _seed(state: Path, source: str) -> None:
    status = call(state, "status")
    shop = ShopClient(status["base_url"], "admin.localhost", status["ca_file"])
    logins = ensure_logins(state, shop, status["sinks"])
    log_in(shop, logins["admin"])
    if source == "demo":
        seed_demo(shop, print)
    else:
        import_file(shop, Path(source), print)


if __name__ == "__main__":
    sys.exit(main())
