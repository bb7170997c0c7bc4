"""Coupons: what they take off the goods, and why they may take off nothing (rules)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NewType

from shared.kernel.errors import Conflict, Invalid
from shared.kernel.ids import new_id
from shared.kernel.money import Money

CouponId = NewType("CouponId", str)

CODE_PATTERN = "^[A-Za-z0-9_-]{3,40}$"
# A limited coupon's uses have numbered places, and taking one may have to look at all that are
# taken.
MAX_USES = 10_000


class CouponInvalid(Conflict):
    """A coupon that cannot be used with this cart; ``detail`` says why."""

    code = "coupon_invalid"


class CouponExists(Conflict):
    """There is a coupon with this code already."""

    code = "coupon_exists"


def code_of(text: str) -> str:
    """A code as it is kept: upper case, without outer blanks."""
    return text.strip().upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponView:
    """What the API shows of a coupon; ``used`` counts the orders, and checkouts under way."""

    code: str
    percent_off: int | None
    amount_off: int | None
    currency: str | None
    minimum: int | None
    max_uses: int | None
    expires_at: datetime | None
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an admin asks for; ``expires_on`` is the last day, in UTC, instead of ``expires_at``."""

    code: str
    percent_off: int | None
    amount_off: int | None
    currency: str | None
    minimum: int | None
    max_uses: int | None
    expires_at: datetime | None
    expires_on: date | None

    @property
    def end_field(self) -> str:
        """The field that says when it ends."""
        return "expires_on" if self.expires_on else "expires_at"

    def end(self) -> datetime | None:
        """The moment from which the coupon is void, in whole milliseconds.

        Raises ``Invalid`` for one that the calendar does not have in UTC.
        """
        try:
            return self._end()
        except OverflowError as error:
            problem = "is outside the years 1 to 9999 in UTC; leave it out for a coupon without end"
            raise Invalid({self.end_field: problem}) from error

    def _end(self) -> datetime | None:
        if self.expires_on:
            return datetime.combine(self.expires_on, time(), UTC) + timedelta(days=1)
        if self.expires_at is None:
            return None
        end = self.expires_at.astimezone(UTC)
        return end.replace(microsecond=end.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """Takes ``percent_off`` or else ``amount_off`` off the goods, never more than they cost.

    ``amount_off`` and ``minimum`` are minor units of ``currency``; without a currency it is good
    for any. ``used`` counts its uses, without those of the cart that asks.
    """

    id: CouponId
    code: str
    percent_off: int | None = None
    amount_off: int | None = None
    currency: str | None = None
    minimum: int | None = None
    max_uses: int | None = None
    expires_at: datetime | None = None
    used: int = 0

    @classmethod
    def of(cls, terms: Terms, now: datetime) -> "Coupon":
        """A new coupon. Raises ``Invalid`` for terms that contradict each other or are over."""
        _check(terms, now)
        is_in_money = terms.amount_off is not None or terms.minimum is not None
        return cls(
            id=CouponId(new_id()),
            code=code_of(terms.code),
            percent_off=terms.percent_off,
            amount_off=terms.amount_off,
            currency=terms.currency or ("USD" if is_in_money else None),
            minimum=terms.minimum,
            max_uses=terms.max_uses,
            expires_at=terms.end(),
        )

    def view(self) -> CouponView:
        """The public side."""
        return CouponView(
            code=self.code,
            percent_off=self.percent_off,
            amount_off=self.amount_off,
            currency=self.currency,
            minimum=self.minimum,
            max_uses=self.max_uses,
            expires_at=self.expires_at,
            used=self.used,
        )

    def void_because(self, now: datetime) -> str | None:
        """Why nobody can use it any more."""
        if self.expires_at is not None and self.expires_at <= now:
            return f"The coupon {self.code} expired on {self.expires_at:%d %b %Y, %H:%M} UTC."
        if self.max_uses is not None and self.used >= self.max_uses:
            return f"The coupon {self.code} has been used up."
        return None

    def unfit_because(self, goods: Money) -> str | None:
        """Why it takes nothing off these goods."""
        if goods.amount and self.currency not in {None, goods.currency}:
            return (
                f"The coupon {self.code} is for {self.currency}; this cart is in {goods.currency}."
            )
        if self.minimum is not None and goods.amount < self.minimum:
            needed = Money(self.minimum, self.currency or goods.currency)
            missing = Money(self.minimum - goods.amount, needed.currency)
            return (
                f"The coupon {self.code} is for goods of {_text(needed)} or more; "
                f"{_text(missing)} are missing."
            )
        return None

    def discount_on(self, goods: Money) -> Money:
        """What it takes off goods that it fits; a percentage is rounded half up."""
        if self.percent_off is not None:
            return goods.percent(self.percent_off)
        return Money(min(self.amount_off or 0, goods.amount), goods.currency)


def unknown(code: str) -> str:
    """What is said of a code that nobody gave out, or that was taken back."""
    return f"There is no coupon {code[:40]}."


def _check(terms: Terms, now: datetime) -> None:
    if (terms.percent_off is None) == (terms.amount_off is None):
        what = "either this or amount_off, in minor units; not both and not none"
        raise Invalid({"percent_off": what})
    if terms.expires_at and terms.expires_on:
        raise Invalid({"expires_on": "either this or expires_at, not both"})
    if (end := terms.end()) and end <= now:
        raise Invalid({terms.end_field: "is in the past"})


def _text(money: Money) -> str:
    whole, cents = divmod(money.amount, 100)
    return f"{whole}.{cents:02d} {money.currency}"
