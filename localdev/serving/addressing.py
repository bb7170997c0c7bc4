"""Which function a request is for."""

from dataclasses import dataclass
from urllib.parse import unquote

from localdev.serving.http.messages import Headers, value_of

SERVICE_HEADER = b"x-shop-service"
CLUSTER_SUFFIX = ".popshop.svc.cluster.local"
PATH_PREFIX = "/_services/"


@dataclass(frozen=True, slots=True)
class Target:
    """The function that a request is for, and the path and host that it sees."""

    function: str
    path: str
    host: str


def find_target(path: str, host: str, headers: Headers) -> Target | None:
    """The target by header, cluster-local host or path prefix, in this order.

    The header comes first: the gateway sets it, so nobody outside reaches another function by a
    path of their own making.
    """
    if (named := value_of(headers, SERVICE_HEADER)) is not None:
        return Target(named.decode("latin-1"), path, host)
    function, suffix, _ = host.partition(CLUSTER_SUFFIX)
    if suffix:
        return Target(function, path, host)
    if path.startswith(PATH_PREFIX):
        function, slash, rest = path.removeprefix(PATH_PREFIX).partition("/")
        function, question, query = function.partition("?")
        path = f"/{rest}" if slash else f"/{question}{query}"
        return Target(unquote(function), path, f"{unquote(function)}{CLUSTER_SUFFIX}")
    return None
