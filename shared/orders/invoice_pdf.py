"""Invoices as PDF."""

from shared.orders.model import Order
from shared.runtime.settings import SellerSettings


class PdfInvoices:
    """Prints with fpdf2, which takes most of a second to import: only a printed invoice pays it."""

    def __init__(self, seller: SellerSettings) -> None:
        self._seller = seller.seller

    def pdf(self, order: Order) -> bytes:
        """The invoice of a paid order."""
        from shared.orders.invoice_sheet import invoice_of  # noqa: PLC0415 - fpdf2, see the class

        return invoice_of(order, self._seller)
