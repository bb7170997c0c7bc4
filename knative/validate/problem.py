"""What a check reports."""

from dataclasses import dataclass
from typing import NamedTuple


class Finding(NamedTuple):
    """One refusal inside a document: where, and what to do about it."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding with its address: file, `Kind/name`, field path (may be empty), message."""

    file: str
    name: str
    path: str
    message: str

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.name, self.path) if part)
        return f"{where}: {self.message}"
