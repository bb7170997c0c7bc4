"""The invoice, read back from its PDF."""

import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from shared.contracts.orders import OrderLine
from shared.kernel.ids import PaymentId
from shared.kernel.money import Money
from shared.orders.invoice_pdf import PdfInvoices
from shared.orders.model import PaymentInfo, Status
from shared.runtime.settings import SellerSettings
from tests.fakes.orders import ADDRESS, NOW, an_order


def a_paid_order(**changes):
    order = an_order(status=Status.PAID, paid_at=NOW, number="P-7F3K2M")
    return replace(order, **changes)


def pdf_of(order):
    return PdfInvoices(SellerSettings("Popshop Ltd\n1 Quay, Cork")).pdf(order)


def pages_of(order):
    reader = PdfReader(BytesIO(pdf_of(order)))
    return [page.extract_text() for page in reader.pages]


def text_of(order):
    return "\n".join(pages_of(order))


def a_payment(status, refunded):
    return PaymentInfo(id=PaymentId("p"), status=status, refunded=Money(refunded), version=1)


def test_an_invoice_says_who_sold_what_to_whom_for_how_much():
    [text] = pages_of(a_paid_order(tax=Money(7), total=Money(2506)))
    for wanted in (
        "Invoice P-7F3K2M",
        "Popshop Ltd",
        "1 Quay, Cork",
        "Invoice date: 25 Nov 2026",
        "Order date: 25 Nov 2026",
        "Ada L.",
        "Main Street 1",
        "89073 Ulm",
        "DE",
        "LAMP",
        "Lamp",
        "$10.00",
        "$20.00",
        "Subtotal",
        "$4.99",
        "$0.07",
        "$25.06",
        "Paid on 25 Nov 2026.",
        "Page 1 of 1",
    ):
        assert wanted in text
    assert "Discount" not in text


@pytest.mark.parametrize("name", ["Łucja Żółć", "Ирина Щербакова", "Γιώργος Παπαδόπουλος", "Zoë Ñ"])
def test_names_print_in_latin_greek_and_cyrillic(name):
    assert name in text_of(a_paid_order(shipping_address=replace(ADDRESS, name=name)))


def test_a_sign_that_the_font_lacks_does_no_harm(caplog):
    address = replace(ADDRESS, name="王小明 😀", city="<b>Ulm</b> **x** {nb}")
    text = text_of(a_paid_order(shipping_address=address))
    assert "<b>Ulm</b> **x**" in text
    assert "王" not in caplog.text


def test_a_discount_is_told_with_its_coupon():
    order = a_paid_order(discount=Money(500), coupon="TEN%", total=Money(1999))
    text = text_of(order)
    assert "Discount (TEN%)" in text
    assert "-$5.00" in text


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "Paid on 25 Nov 2026."),
        ({"payment": a_payment("succeeded", 0)}, "Paid on 25 Nov 2026."),
        ({"payment": a_payment("partially_refunded", 150)}, "$1.50 of it was refunded."),
        ({"payment": a_payment("refunded", 2499)}, "Refunded in full."),
        (
            {"status": Status.CANCELLED, "payment": a_payment("succeeded", 0)},
            "The order was cancelled; the money goes back.",
        ),
        (
            {"status": Status.CANCELLED, "payment": a_payment("refunded", 2499)},
            "Refunded in full.",
        ),
    ],
)
def test_an_invoice_says_what_became_of_the_money(changes, state):
    assert text_of(a_paid_order(**changes)).count(state) == 1


def test_many_lines_go_over_pages_each_with_a_head_and_a_foot():
    lines = [
        OrderLine(
            product_id=f"p{number}",
            sku=f"SKU-{number:03}",
            title=f"Thing {number} with a rather long title that needs a second line at least",
            unit_price=Money(100),
            quantity=1,
            line_total=Money(100),
        )
        for number in range(100)
    ]
    pages = pages_of(a_paid_order(lines=lines))
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert "Invoice P-7F3K2M" in page
    assert all("Unit price" in page for page in pages[:-1])
    text = "\n".join(pages)
    assert [number for number in range(100) if text.count(f"SKU-{number:03}") != 1] == []
    assert "Total" in pages[-1]
    assert "Paid on" in pages[-1]


@pytest.mark.parametrize("lines", range(18, 34))
def test_the_sums_are_never_torn_apart(lines):
    [line] = a_paid_order().lines
    last = pages_of(a_paid_order(lines=[line] * lines))[-1]
    assert all(word in last for word in ("Subtotal", "Shipping", "Tax", "Paid on"))


def test_an_invoice_of_a_forgotten_buyer_has_no_name():
    nobody = replace(ADDRESS, name="", line1="", city="", postal_code="")
    text = text_of(a_paid_order(shipping_address=nobody))
    assert "Buyer\nDE" in text


def test_an_order_has_one_and_the_same_invoice():
    assert PdfInvoices(SellerSettings()).pdf(a_paid_order()) == PdfInvoices(SellerSettings()).pdf(
        a_paid_order(created_at=NOW)
    )


def test_the_printer_is_loaded_by_the_first_invoice_only():
    program = "import sys, functions.orders.get_invoice as f; sys.exit('fpdf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_words_longer_than_their_column_are_broken():
    [line] = a_paid_order().lines
    long = replace(line, sku="S" * 100, title="W" * 200)
    text = text_of(a_paid_order(lines=[long], shipping_address=replace(ADDRESS, name="N" * 200)))
    for letter, length in (("S", 100), ("W", 200), ("N", 200)):
        assert text.count(letter) >= length
