"""Whether the files of the modules that a process has loaded are still what it loaded."""

import os
import sys
from contextlib import suppress
from pathlib import Path

_LIBRARIES = "site-packages"


class Loaded:
    """The project's modules that this process holds now, and when their files were changed last.

    A library's files do not change under a running stack.
    """

    def __init__(self) -> None:
        self._modified: dict[str, int] = {}
        root = f"{Path.cwd()}{os.sep}"
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None) or ""
            if file.startswith(root) and _LIBRARIES not in file:
                self._modified[file] = _modified_ns(file)

    def changed_file(self) -> str | None:
        """The first file that was changed or removed since."""
        return next(
            (file for file, known in self._modified.items() if _modified_ns(file) != known), None
        )


def _modified_ns(file: str) -> int:
    with suppress(OSError):
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - a hundred of these at every start
    return -1
