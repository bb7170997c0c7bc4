"""mkcert: an authority and a leaf, made by the project's own code."""

# ruff: noqa: T201 - a program prints

import os
import shutil
import sys
from pathlib import Path

from machine import add_packages, here


def main(argv: list[str]) -> int:
    machine = here()
    machine.note(["mkcert", *argv], "")
    root = machine.folder / "mkcert"
    if argv == ["-CAROOT"]:
        print(root)
        return 0
    add_packages()
    sys.path.insert(0, os.environ["FAKE_PROJECT"])
    from localdev.cluster.certificates import ensure_certificates  # noqa: PLC0415 - after the path

    made = ensure_certificates(root)
    shutil.copy(made.authority, root / "rootCA.pem")
    shutil.copy(made.leaf, Path(argv[1]))
    shutil.copy(made.key, Path(argv[3]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
