"""What a soak saw, for its tables."""

from collections import Counter

from tests.bench.figures import share
from tests.bench.people import Shop

COLUMNS = (
    "what",
    "requests",
    "requests/s",
    "by status",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "worst ms",
    "paid",
    "payable p95 ms",
    "own CPU, % of a core",
    "starts",
    "s to zero",
)


def cells(shop: Shop, seconds: float) -> list[object]:
    """What a table says of it."""
    seen = shop.seen
    count = sum(seen.statuses.values())
    statuses = ", ".join(f"{status or 'none'}: {n}" for status, n in sorted(seen.statuses.items()))
    latency = [share(seen.ms, percent) for percent in (50, 95, 99)] if seen.ms else [0.0] * 3
    payable = share(shop.payable_ms, 95) if shop.payable_ms else ""
    own = seen.own_cpu_ms / seconds / 10
    return [
        count,
        count / seconds,
        statuses,
        *latency,
        max(seen.ms, default=0.0),
        shop.paid,
        payable,
        own,
    ]


def faults(shops: list[Shop]) -> str:
    """What failed most, as a list."""
    found: Counter[str] = Counter()
    for shop in shops:
        found.update(shop.seen.faults)
    return "\n".join(f"- {count} x {what}" for what, count in found.most_common(20)) or "Nothing."
