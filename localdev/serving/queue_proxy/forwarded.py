"""The headers that the application sees."""

from localdev.serving.http.exchange import Exchange
from localdev.serving.http.messages import (
    HOP_HEADERS,
    Headers,
    canonical,
    lower,
    tokens_of,
    upgrade_of,
    value_of,
)

# Where a request is meant to go (serving pkg/activator/handler: RevisionHeaders), the original
# host, which is restored, and what is framed anew.
_DROPPED = HOP_HEADERS | {
    b"knative-serving-revision",
    b"knative-serving-namespace",
    b"k-original-host",
    b"content-length",
    b"host",
}
_FOR, _HOST, _PROTO = b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"
_NOTED = frozenset({_FOR, _HOST, _PROTO, b"forwarded", b"user-agent", b"te", b"connection"})


def to_application(exchange: Exchange, address: str, *, is_host_restored: bool) -> Headers:
    """A request's headers, Host first. ``address``: the application's, where there is no Host.

    ``is_host_restored``: whether K-Original-Host, if any, becomes Host.
    """
    noted: dict[bytes, list[bytes]] = {}
    kept: Headers = [(b"Host", _host(exchange, address, is_host_restored=is_host_restored))]
    for name, value in exchange.headers:
        known = lower(name)
        if known in _NOTED:
            noted.setdefault(known, []).append(value)
        elif known not in _DROPPED:
            kept.append((canonical(name), value))
    if b"connection" in noted:
        kept = _without_named(kept, noted, exchange.headers)
    _add_noted(kept, noted)
    hops = [*noted.get(_FOR, ()), exchange.peer.encode()]
    kept.append((b"X-Forwarded-For", b", ".join(hops)))
    return kept


def forwarded(hops: bytes, host: bytes, proto: bytes) -> bytes:
    """RFC 7239 from the X-Forwarded headers (serving pkg/queue/forwarded_shim.go)."""
    nodes = [_node(hop.strip()) for hop in hops.split(b",")] if hops else []
    others = [b"host=" + host] if host else []
    others += [b"proto=" + proto] if proto else []
    first = b";".join(others)
    if nodes:
        # An empty first node leaves out its semicolon as well: so does Knative.
        first = b"for=" + nodes[0] + (b";" if nodes[0] and first else b"") + first
    return b", ".join([first, *(b"for=" + node for node in nodes[1:])])


def _host(exchange: Exchange, address: str, *, is_host_restored: bool) -> bytes:
    original = value_of(exchange.headers, b"k-original-host") if is_host_restored else None
    return original or (exchange.host or address).encode("latin-1")


def _without_named(kept: Headers, noted: dict[bytes, list[bytes]], headers: Headers) -> Headers:
    """Without what Connection names; an upgrade that is wanted stays."""
    named = tokens_of(headers, b"connection")
    for name in named & noted.keys() - {b"te"}:
        del noted[name]
    kept = [item for item in kept if item[0].lower() not in named or item[0] == b"Host"]
    upgrade = upgrade_of(headers)
    if upgrade is not None:
        value = value_of(headers, b"upgrade") or b""
        kept += [(b"Connection", b"Upgrade"), (b"Upgrade", value)]
    return kept


def _add_noted(kept: Headers, noted: dict[bytes, list[bytes]]) -> None:
    agents = noted.get(b"user-agent")
    if agents and agents[0]:
        kept.append((b"User-Agent", agents[0]))
    options = b",".join(noted.get(b"te", ())).lower().split(b",")
    if b"trailers" in [option.strip() for option in options]:
        kept.append((b"Te", b"trailers"))
    kept += [(b"X-Forwarded-Host", value) for value in noted.get(_HOST, ())]
    kept += [(b"X-Forwarded-Proto", value) for value in noted.get(_PROTO, ())]
    given = noted.get(b"forwarded", ())
    if given and given[0]:
        kept += [(b"Forwarded", value) for value in given]
    elif made := forwarded(*(noted.get(name, [b""])[0] for name in (_FOR, _HOST, _PROTO))):
        kept.append((b"Forwarded", made))


def _node(address: bytes) -> bytes:
    return b'"[' + address + b']"' if b":" in address else address
