"""The kept messages: one JSON line each, on disk before the sender is told so."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one address; ``text`` or ``html`` is empty where it has no such part."""

    to: str
    subject: str
    text: str
    html: str
    at: str


def read_mail(raw: bytes, recipients: list[str], now: datetime) -> list[Message]:
    """A mail as it came by SMTP, once for each recipient."""
    mail = message_from_bytes(raw, policy=policy.default)
    text, html = _part(mail, "plain"), _part(mail, "html")
    at = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    subject = str(mail.get("Subject", ""))
    return [Message(to, subject, text, html, at) for to in recipients]


class Inbox:
    """Messages, newest last, and the file that keeps them."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self.messages = _load(path)

    def add(self, messages: list[Message]) -> None:
        """Keeps them; durable on return."""
        with self._path.open("ab") as file:
            file.write(b"".join(json.dumps(asdict(one)).encode() + b"\n" for one in messages))
            file.flush()
            os.fsync(file.fileno())
        self.messages.extend(messages)

    def to(self, address: str | None) -> list[Message]:
        """Those to one address, letter case aside; all of them without one."""
        if address is None:
            return list(self.messages)
        return [one for one in self.messages if one.to.lower() == address.lower()]

    def clear(self) -> None:
        """Forgets everything."""
        self._path.write_bytes(b"")
        self.messages.clear()


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content())


def _load(path: Path) -> list[Message]:
    """What was kept. A last line cut off by a crash was never acknowledged, and is cut away."""
    if not path.exists():
        return []
    kept = path.read_bytes()
    whole = kept[: kept.rfind(b"\n") + 1]
    if whole != kept:
        path.write_bytes(whole)
    return [Message(**json.loads(line)) for line in whole.splitlines()]
