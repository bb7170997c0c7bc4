"""Mails what an event calls for, to whoever it concerns, once."""

from dataclasses import dataclass

from shared.contracts.auth import LinkRequested, UserState
from shared.contracts.orders import OrderState
from shared.contracts.payments import PaymentState
from shared.kernel.clock import Clock
from shared.kernel.errors import Unavailable
from shared.kernel.ids import UserId
from shared.notifications.model import FAILED, SENT, Letter, Mail
from shared.notifications.ports import Inboxes, Links, Mailer, MailRefused, Mails, Recipients
from shared.notifications.use_cases.letters import link_letter, order_letter, refund_letter

Mailable = LinkRequested | OrderState | PaymentState


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOffice:
    """The ports that a mail needs."""

    recipients: Recipients
    mails: Mails
    inboxes: Inboxes
    mailer: Mailer
    links: Links
    clock: Clock

    def deliver(self, event: Mailable, event_id: str) -> None:
        """Mails the event unless that was done before.

        Noted after the mail server has taken it: a crash in between sends it again, under the same
        Message-ID. What the server will never take is noted as failed. Raises ``Unavailable`` when
        it takes nothing now, or while nobody knows the reader yet.
        """
        if self.mails.knows(event_id):
            return
        letter = self._letter(event, event_id)
        if letter is None:
            return
        code = self._send(letter)
        self.mails.add(
            Mail(
                id=event_id,
                user_id=UserId(event.user_id),
                kind=letter.kind,
                state=SENT if code is None else FAILED,
                code=code,
                at=self.clock.now(),
            )
        )

    def _send(self, letter: Letter) -> int | None:
        """The code of a refusal for good."""
        try:
            self.mailer.send(letter, self.clock.now())
        except MailRefused as refusal:
            return refusal.code
        return None

    def _letter(self, event: Mailable, event_id: str) -> Letter | None:
        """``None`` when there is nothing to send: nobody to read it, or a link that is no more."""
        reader = self.recipients.get(event.user_id)
        if reader and (reader.deleted or reader.blocked):
            return None
        if isinstance(event, LinkRequested):
            is_over = event.expires_at <= self.clock.now()
            return None if is_over else link_letter(event, event_id, self.links)
        return self._letter_to(_known(reader), event, event_id)

    def _letter_to(self, reader: UserState, event: Mailable, event_id: str) -> Letter:
        if isinstance(event, OrderState):
            return order_letter(event, event_id, reader, self.links, self.inboxes)
        assert isinstance(event, PaymentState)  # noqa: S101 - links were answered above
        return refund_letter(event, event_id, reader, self.links, self.inboxes)


def _known(reader: UserState | None) -> UserState:
    """Topics have no order among each other: an order's news may be here before its buyer's."""
    if reader is None:
        raise Unavailable("The reader of this mail is not known here yet; deliver it again.")
    return reader
