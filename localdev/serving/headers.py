"""Headers on the way through: which service is meant, what the function sees, what comes back."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

Headers = list[tuple[bytes, bytes]]
SERVICE_HEADER = b"x-shop-service"
CLUSTER_SUFFIX = ".popshop.svc.cluster.local"
PATH_PREFIX = "/_services/"
# RFC 9110, section 7.6.1, and what is answered or framed anew on each hop.
_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"expect",
    }
)
_FORWARDED = {b"x-forwarded-for": "for", b"x-forwarded-host": "host", b"x-forwarded-proto": "proto"}


@dataclass(frozen=True, slots=True)
class Target:
    """The service that a request is for, and the path and host that its function sees."""

    service: str
    path: str
    host: str


def find_target(path: str, host: str, headers: Iterable[tuple[bytes, bytes]]) -> Target | None:
    """The target by header, cluster-local host or path prefix, in this order.

    The header comes first: the gateway sets it, so nobody outside reaches another service by a
    path of their own making.
    """
    for name, value in headers:
        if name.lower() == SERVICE_HEADER:
            return Target(value.decode("latin-1"), path, host)
    service, suffix, _ = host.partition(CLUSTER_SUFFIX)
    if suffix:
        return Target(service, path, host)
    if path.startswith(PATH_PREFIX):
        service, slash, rest = path.removeprefix(PATH_PREFIX).partition("/")
        service, question, query = service.partition("?")
        path = f"/{rest}" if slash else f"/{question}{query}"
        return Target(unquote(service), path, f"{service}{CLUSTER_SUFFIX}")
    return None


def to_function(headers: Headers, target: Target, peer: str) -> Headers:
    """The request's headers as queue-proxy hands them on (Knative's runtime contract)."""
    dropped = _HOP | _named_in_connection(headers) | {SERVICE_HEADER, b"host"}
    kept = [(name, value) for name, value in headers if name.lower() not in dropped]
    named = {name.lower(): value for name, value in reversed(kept)}
    if not named.get(b"forwarded") and (forwarded := _forwarded(named)):
        kept.append((b"Forwarded", forwarded))
    kept = [(name, value) for name, value in kept if name.lower() != b"x-forwarded-for"]
    hops = [named[b"x-forwarded-for"]] if b"x-forwarded-for" in named else []
    kept.append((b"X-Forwarded-For", b", ".join([*hops, peer.encode()])))
    if b"x-forwarded-proto" not in named:
        kept.append((b"X-Forwarded-Proto", b"http"))
    return [(b"Host", target.host.encode("latin-1")), *kept, (b"K-Proxy-Request", b"activator")]


def to_client(headers: Headers) -> list[tuple[str, str]]:
    """The answer's headers without those of one hop."""
    dropped = _HOP | _named_in_connection(headers)
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in headers
        if name.lower() not in dropped
    ]


def request_head(method: str, path: str, headers: Headers) -> bytes:
    """The bytes of a request's head."""
    lines = [f"{method} {path} HTTP/1.1".encode("latin-1")]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _named_in_connection(headers: Headers) -> frozenset[bytes]:
    values = [value for name, value in headers if name.lower() == b"connection"]
    return frozenset(part.strip().lower() for value in values for part in value.split(b","))


def _forwarded(named: dict[bytes, bytes]) -> bytes:
    """RFC 7239 from the X-Forwarded headers (serving pkg/queue/forwarded_shim.go)."""
    hops = named.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
    first = [f"for={_node(hops[0])}"] if b"x-forwarded-for" in named else []
    first += [
        f"{short}={named[name].decode('latin-1')}"
        for name, short in list(_FORWARDED.items())[1:]
        if name in named
    ]
    later = [f"for={_node(hop)}" for hop in hops[1:]]
    return ", ".join([";".join(first), *later]).encode("latin-1") if first else b""


def _node(address: str) -> str:
    address = address.strip()
    return f'"[{address}]"' if ":" in address else address
