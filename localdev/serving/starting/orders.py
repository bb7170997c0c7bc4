"""What a zygote is told and what it answers: one JSON datagram each, with file descriptors."""

import msgspec

# The environment of a function is most of it; Linux takes twice this on a Unix socket.
LARGEST_BYTES = 96 * 1024


class MakeFunction(msgspec.Struct, frozen=True, tag=True):
    """Fork a function. Comes with its listening socket and its log; ``niceness`` as in ``nice``."""

    name: str
    environ: dict[str, str]
    niceness: int = 0


class MakeZygote(msgspec.Struct, frozen=True, tag=True):
    """Fork a zygote that loads these modules as well; comes with its end of its own channel.

    A module is a name, or a pattern for our own such as ``shared.*.mongo*``.
    """

    modules: tuple[str, ...]


class Forked(msgspec.Struct, frozen=True, tag=True):
    """Done; comes with the child's pidfd. Orders are answered in turn, each once."""

    pid: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Nothing was forked."""

    reason: str


class Outdated(msgspec.Struct, frozen=True, tag=True):
    """Nothing was forked: a module that is loaded here was changed since."""

    file: str


class Ended(msgspec.Struct, frozen=True, tag=True):
    """A child has ended; ``status`` as in ``subprocess``: negative for a signal."""

    pid: int
    status: int


Order = MakeFunction | MakeZygote
Report = Forked | Refused | Outdated | Ended
