"""Purchases (rules): who bought what, and what was bought together in one order.

What was paid for was bought, whatever became of the order afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from shared.contracts.orders import OrderLine
from shared.kernel.ids import ProductId, UserId

# Of larger orders the first products make pairs, so that no order makes more than 190 of them.
MAX_PAIRED = 20
# More orders than this make a pair no better, so that counting a pair stays cheap for ever.
MAX_COUNTED = 10_000

Pair = tuple[ProductId, ProductId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A product that a user has bought; ``bought_at`` is when the first order of it was placed."""

    user_id: UserId
    product_id: ProductId
    bought_at: datetime


def products_of(lines: Iterable[OrderLine]) -> list[ProductId]:
    """The products of an order, each once, in the order of its lines."""
    return list(dict.fromkeys(ProductId(line.product_id) for line in lines))


def pairs_of(product_ids: Sequence[ProductId]) -> list[Pair]:
    """The pairs that the first ``MAX_PAIRED`` products make, the lower id first."""
    return list(combinations(sorted(product_ids[:MAX_PAIRED]), 2))
