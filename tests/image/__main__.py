"""``python -m tests.image [--base B] [--tag T] [pytest's options]``: builds the image, tests it.

Where the user has an engine, the image stays in it; one that is started here goes with it, unless
``--save FILE`` writes the image as a tar first.
"""

import argparse
import signal
import subprocess
import sys

from tests.bench.options import say
from tests.image.base import base_in, pinned_base
from tests.image.build import build
from tests.image.engine import Engine, EngineError, an_engine

_MB = 1_000_000


def main() -> int:
    """pytest's status; 1 if the image cannot be built."""
    parser = argparse.ArgumentParser(prog="python -m tests.image", description=__doc__)
    parser.add_argument("--base", default=pinned_base(), help="Debian with Python 3.11")
    parser.add_argument("--tag", default="dev.local/popshop", help="the image's name")
    parser.add_argument("--save", metavar="FILE", help="write the tested image as a tar")
    options, for_pytest = parser.parse_known_args()
    # An engine of our own is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with an_engine() as engine:
            base = base_in(engine, options.base)
            build(engine, base, options.tag)
            size = int(engine.run("image", "inspect", "--format={{.Size}}", options.tag))
            say(f"{options.tag} on {base}: {size / _MB:.0f} MB")
            status = _test(engine, options.tag, base, for_pytest)
            if status == 0 and options.save:
                engine.run("save", "--output", options.save, options.tag)
            return status
    except EngineError as error:
        say(str(error))
        return 1


def _test(engine: Engine, tag: str, base: str, options: list[str]) -> int:
    environ = {**engine.environ, "POPSHOP_IMAGE": tag, "POPSHOP_IMAGE_BASE": base}
    command = [sys.executable, "-m", "pytest", "tests/image", *options]
    return subprocess.run(command, check=False, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main())
