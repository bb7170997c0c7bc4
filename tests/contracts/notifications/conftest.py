"""The local inbox, and a mail server that answers as a test wants."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from localdev.cluster.certificates import ensure_certificates
from tests.contracts.notifications.servers import MailServer, serving
from tests.integration.localdev.mail.test_inbox import Inbox


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    """Where the local shop's mail ends, as a process of its own."""
    inbox = Inbox(tmp_path / "mail.jsonl")
    inbox.start()
    yield inbox
    inbox.close()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """Takes all mail until it is told to answer otherwise."""
    with serving(MailServer()) as server:
        yield server


@pytest.fixture
def guarded_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """Wants STARTTLS and then the user ``popshop`` with the password ``secret``."""
    files = ensure_certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(files.authority))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.leaf, files.key)
    server = MailServer(
        require_starttls=True, tls_context=context, authenticator=_knows, auth_required=True
    )
    with serving(server):
        yield server


def _knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"popshop", b"secret"))
