"""Money as integer minor units with a currency (ISO 4217)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents for USD), e.g. ``Money(1299, "USD")`` is $12.99."""

    amount: int
    currency: str = "USD"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def times(self, quantity: int) -> "Money":
        """The price of so many pieces."""
        return Money(self.amount * quantity, self.currency)

    def percent(self, percent: int) -> "Money":
        """So many hundredths of the amount, rounded half up."""
        return Money((self.amount * percent + 50) // 100, self.currency)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.amount
