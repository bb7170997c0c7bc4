"""Builders of foreign events."""

from typing import Any, TypeVar

from shared.contracts.products import ProductState
from shared.kernel.money import Money

P = TypeVar("P", bound=ProductState)


def a_lamp(kind: type[P], **changes: Any) -> P:
    """What products tells of the lamp that the fakes sell."""
    fields: dict[str, Any] = {
        "id": "lamp",
        "sku": "LAMP",
        "title": "Lamp",
        "category": "light",
        "price": Money(1000),
        "available": 5,
        "version": 2,
    }
    return kind(**fields | changes)
