"""GET /orders/{order_id}/invoice: the invoice of a paid order as PDF."""

from typing import Annotated

from shared.kernel.ids import OrderId
from shared.orders.invoice_pdf import PdfInvoices
from shared.orders.model import NotPaid
from shared.orders.mongo import MongoOrders
from shared.orders.ports import Invoices, Orders
from shared.orders.use_cases.moving import find_visible
from shared.runtime.answers import Content, own_data_as
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


# ``then`` makes it a page as well: browsers are told of problems, and of a session's end, in HTML.
@http("GET", "/orders/{order_id}/invoice", access=Access.USER, then="/orders/{order_id}")
def get_invoice(
    order_id: OrderId,
    caller: Caller,
    orders: Annotated[Orders, MongoOrders],
    invoices: Annotated[Invoices, PdfInvoices],
) -> Content:
    """The invoice of a paid order as PDF, for its buyer and administrators."""
    order = find_visible(orders, order_id, caller)
    if order.paid_at is None:
        raise NotPaid(f"Order {order.number} was not paid; there is an invoice once it is.")
    return Content(
        body=invoices.pdf(order),
        media_type="application/pdf",
        headers=own_data_as(f"invoice-{order.number}.pdf"),
    )
