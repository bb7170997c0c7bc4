"""Fakes of who bought what and of what was bought together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.kernel.ids import OrderId, ProductId, UserId
from shared.products.purchases import Pair, Purchase


@dataclass
class FakePurchases:
    by_key: dict[tuple[UserId, ProductId], Purchase] = field(default_factory=dict)
    forgotten: set[UserId] = field(default_factory=set)

    def record(
        self, user_id: UserId, product_ids: Sequence[ProductId], bought_at: datetime
    ) -> None:
        if user_id in self.forgotten:
            return
        for product_id in product_ids:
            new = Purchase(user_id=user_id, product_id=product_id, bought_at=bought_at)
            known = self.by_key.get((user_id, product_id), new)
            first = min(known, new, key=lambda one: one.bought_at)
            self.by_key[user_id, product_id] = first

    def has_bought(self, user_id: UserId, product_id: ProductId) -> bool:
        return (user_id, product_id) in self.by_key

    def of_user(self, user_id: UserId) -> list[Purchase]:
        own = [one for one in self.by_key.values() if one.user_id == user_id]
        return sorted(own, key=lambda one: (one.bought_at, one.product_id), reverse=True)

    def forget(self, user_id: UserId) -> None:
        self.forgotten.add(user_id)
        self.by_key = {key: one for key, one in self.by_key.items() if key[0] != user_id}

    def is_forgotten(self, user_id: UserId) -> bool:
        return user_id in self.forgotten


@dataclass
class FakePairings:
    facts: set[tuple[Pair, OrderId]] = field(default_factory=set)

    def count(self, order_id: OrderId, pairs: Sequence[Pair]) -> None:
        self.facts |= {(pair, order_id) for pair in pairs}

    def bought_with(self, product_id: ProductId, limit: int) -> list[ProductId]:
        orders = Counter(
            one for pair, _ in self.facts if product_id in pair for one in pair if one != product_id
        )
        return sorted(orders, key=lambda one: (-orders[one], one))[:limit]
