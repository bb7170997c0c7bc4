"""On what matters to somebody who is not looking: mails them."""

from typing import Annotated

from shared.contracts.auth import LinkRequested
from shared.contracts.event import EventMeta
from shared.contracts.orders import OrderCancelled, OrderPaid, OrderShipped
from shared.contracts.payments import PaymentRefunded
from shared.kernel.clock import Clock, SystemClock
from shared.notifications.links import StorefrontLinks
from shared.notifications.mongo import MongoInboxes, MongoMails, MongoRecipients
from shared.notifications.ports import Inboxes, Links, Mailer, Mails, Recipients
from shared.notifications.smtp import SmtpMailer
from shared.notifications.use_cases.mailing import Mailable, PostOffice
from shared.runtime.declare import on


@on(LinkRequested, OrderPaid, OrderShipped, OrderCancelled, PaymentRefunded)
def send_email(
    event: Mailable,
    meta: EventMeta,
    recipients: Annotated[Recipients, MongoRecipients],
    mails: Annotated[Mails, MongoMails],
    inboxes: Annotated[Inboxes, MongoInboxes],
    mailer: Annotated[Mailer, SmtpMailer],
    links: Annotated[Links, StorefrontLinks],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Mails a requested link, or what became of an order or its payment, once per event.

    A crash after the mail server took it, and before that is noted, sends the same Message-ID
    again.
    """
    PostOffice(
        recipients=recipients,
        mails=mails,
        inboxes=inboxes,
        mailer=mailer,
        links=links,
        clock=clock,
    ).deliver(event, meta.id)
