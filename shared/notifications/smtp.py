"""Mail by SMTP: text and HTML from the templates in ``functions/notifications/mails``."""

import contextlib
import functools
import smtplib
import ssl
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from shared.kernel.errors import Unavailable
from shared.notifications.model import Letter
from shared.notifications.ports import MailRefused
from shared.runtime.pages import money, when
from shared.runtime.settings import MailSettings

# For each answer of the server; together they stay below a delivery's 30 s.
_TIMEOUT_SECONDS = 8.0
_TEMPLATES = Path(__file__).parents[2] / "functions/notifications/mails"
_PERMANENT = 500
# RFC 5321: "mailbox name not allowed".
_BAD_ADDRESS = 553


class SmtpMailer:
    """Opens a connection per mail: there are few, and a function sleeps between them."""

    def __init__(self, mail: MailSettings) -> None:
        self._mail = mail

    def send(self, letter: Letter, now: datetime) -> None:
        """Returns once the server has taken it.

        Raises ``MailRefused`` for a mail that it will never take, ``Unavailable`` when it takes
        none now.
        """
        message = message_of(letter, self._mail.sender, now)
        server = self._connect()
        try:
            server.send_message(message, to_addrs=[letter.to])
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = error.recipients[letter.to]
            raise _refusal(code) from error
        except smtplib.SMTPDataError as error:
            raise _refusal(error.smtp_code) from error
        except smtplib.SMTPNotSupportedError as error:
            raise MailRefused(_BAD_ADDRESS) from error
        except (smtplib.SMTPException, OSError) as error:
            raise _unreachable() from error
        finally:
            # What was taken stays taken, however the good-bye goes.
            with contextlib.suppress(smtplib.SMTPException):
                server.quit()

    def _connect(self) -> smtplib.SMTP:
        try:
            server = smtplib.SMTP(self._mail.host, int(self._mail.port), timeout=_TIMEOUT_SECONDS)
            if self._mail.user:
                self._log_in(server)
        except (smtplib.SMTPException, OSError) as error:
            raise _unreachable() from error
        return server

    def _log_in(self, server: smtplib.SMTP) -> None:
        try:
            server.starttls(context=ssl.create_default_context())
            server.login(self._mail.user, self._mail.password)
        except BaseException:
            server.close()
            raise


def message_of(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """The mail as it travels; its Message-ID follows from the event alone."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = _address(letter)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = now
    message["Message-ID"] = f"<{letter.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(_rendered(letter, "txt"))
    message.add_alternative(_rendered(letter, "html"), subtype="html")
    return message


def one_line(text: str) -> str:
    """The text without line breaks and control characters: it ends up in a header."""
    words = " ".join(text.split())
    return "".join(character for character in words if character.isprintable())


def _address(letter: Letter) -> Address:
    user, _, host = letter.to.rpartition("@")
    try:
        return Address(one_line(letter.name), user, host)
    except ValueError as error:
        raise MailRefused(_BAD_ADDRESS) from error


def _rendered(letter: Letter, form: str) -> str:
    template = _environment().get_template(f"{letter.kind}.{form}")
    return template.render(letter.facts, name=one_line(letter.name), subject=letter.subject)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"money": money, "when": when}
    return environment


def _refusal(code: int) -> Exception:
    return MailRefused(code) if code >= _PERMANENT else _unreachable()


def _unreachable() -> Unavailable:
    return Unavailable("The mail server takes no mail now; it is tried again.", 5)
