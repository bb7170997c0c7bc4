"""What an invoice looks like: A4, in a font that knows Latin, Greek and Cyrillic."""

import logging
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from shared.orders.model import Order, Status
from shared.runtime.pages import money

_FONTS = Path(__file__).parents[2] / "node_modules/dejavu-fonts-ttf/ttf"
_FONT = "DejaVu"
_SMALL, _NORMAL, _LARGE = 8, 10, 18
_LINE = 5.5
_MARGIN = 18
_COLUMNS = (24, 66, 16, 34, 34)
_HEADINGS = ("SKU", "Product", "Pieces", "Unit price", "Total")
_ALIGNED = ("LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT")
_SUMS_HEIGHT = 9 * _LINE

# Signs that the font lacks print as boxes; the log is no place for the names they are from.
logging.getLogger("fpdf").setLevel(logging.ERROR)


class _Sheet(FPDF):
    """A page with the invoice's number and its own at the foot."""

    def __init__(self, order: Order, seller: str, paid_at: datetime) -> None:
        super().__init__(format="A4")
        self._foot = f"{seller.splitlines()[0]} · Invoice {order.number}"
        self.add_font(_FONT, "", _FONTS / "DejaVuSans.ttf")
        self.add_font(_FONT, "B", _FONTS / "DejaVuSans-Bold.ttf")
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, margin=_MARGIN + _LINE)
        self.set_title(f"Invoice {order.number}")
        self.set_author(seller.splitlines()[0])
        self.set_lang("en")
        self.set_creation_date(paid_at)  # an order's invoice stays the same
        self.set_font(_FONT, size=_NORMAL)
        self.add_page()

    def footer(self) -> None:
        """The foot of every page."""
        self.set_y(-_MARGIN)
        self.set_font(_FONT, size=_SMALL)
        self.cell(0, _LINE, f"{self._foot} · Page {self.page_no()} of {{nb}}", align="C")

    def row(self, text: str, style: str = "", size: int = _NORMAL) -> None:
        """A line or, for long text, several."""
        self.set_font(_FONT, style, size)
        self.multi_cell(0, size * 0.55, text, align="L", new_x="LMARGIN", new_y="NEXT")


def invoice_of(order: Order, seller: str) -> bytes:
    """The PDF of a paid order's invoice; the first line of ``seller`` is its name."""
    paid_at = order.paid_at or order.created_at
    sheet = _Sheet(order, seller, paid_at)
    _head(sheet, order, seller, paid_at)
    _lines(sheet, order)
    if sheet.will_page_break(_SUMS_HEIGHT):
        sheet.add_page()
    _sums(sheet, order)
    sheet.ln(_LINE)
    sheet.row(_state(order, paid_at), "B")
    return bytes(sheet.output())


def _head(sheet: _Sheet, order: Order, seller: str, paid_at: datetime) -> None:
    sheet.row(f"Invoice {order.number}", "B", _LARGE)
    sheet.ln(_LINE)
    for text in seller.splitlines():
        sheet.row(text)
    sheet.ln(_LINE)
    sheet.row(f"Invoice date: {_day(paid_at)}")
    sheet.row(f"Order date: {_day(order.created_at)}")
    sheet.ln(_LINE)
    sheet.row("Buyer", "B")
    address = order.shipping_address
    place = f"{address.postal_code} {address.city}".strip()
    for text in (address.name, address.line1, address.line2, place, address.country):
        if text:
            sheet.row(text)
    sheet.ln(_LINE)


def _lines(sheet: _Sheet, order: Order) -> None:
    """The table of lines; its head comes again on every page."""
    sheet.set_font(_FONT, size=_NORMAL - 1)
    with sheet.table(
        col_widths=_COLUMNS,
        text_align=_ALIGNED,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD"),
        line_height=_LINE,
    ) as table:
        table.row(_HEADINGS)
        for line in order.lines:
            table.row(
                (
                    line.sku,
                    line.title,
                    str(line.quantity),
                    money(line.unit_price),
                    money(line.line_total),
                )
            )
    sheet.ln(_LINE / 2)


def _sums(sheet: _Sheet, order: Order) -> None:
    sums = [("Subtotal", money(order.subtotal))]
    if order.discount.amount:
        coupon = f" ({order.coupon})" if order.coupon else ""
        sums.append((f"Discount{coupon}", f"-{money(order.discount)}"))
    sums += [("Shipping", money(order.shipping)), ("Tax", money(order.tax))]
    for label, amount in sums:
        _sum(sheet, label, amount)
    _sum(sheet, "Total", money(order.total), "B")


def _sum(sheet: _Sheet, label: str, amount: str, style: str = "") -> None:
    sheet.set_font(_FONT, style, _NORMAL)
    width = sheet.epw - _COLUMNS[-1]
    sheet.cell(width, _LINE, label, align="R")
    sheet.cell(_COLUMNS[-1], _LINE, amount, align="R", new_x="LMARGIN", new_y="NEXT")


def _state(order: Order, paid_at: datetime) -> str:
    paid = f"Paid on {_day(paid_at)}."
    payment = order.payment
    if payment and payment.status == "refunded":
        return f"{paid} Refunded in full."
    if payment and payment.refunded and payment.refunded.amount:
        return f"{paid} {money(payment.refunded)} of it was refunded."
    if order.status is Status.CANCELLED:
        return f"{paid} The order was cancelled; the money goes back."
    return paid


def _day(moment: datetime) -> str:
    return moment.strftime("%d %b %Y")
