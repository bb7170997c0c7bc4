import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from localdev.cluster import certificates
from localdev.cluster.certificates import ensure_certificates
from localdev.cluster.gateway import trusting


def handshake(files, name: str) -> None:
    """A TLS handshake over a socket pair; raises ssl.SSLError if the client does not trust."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(files.leaf, files.key)
    near, far = socket.socketpair()

    def serve() -> None:
        try:
            server_context.wrap_socket(far, server_side=True).close()
        except (ssl.SSLError, OSError):
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        trusting(files.authority).wrap_socket(near, server_hostname=name).close()
    finally:
        near.close()
        thread.join()


@pytest.mark.parametrize("name", ["shop.localhost", "admin.localhost", "localhost", "127.0.0.1"])
def test_a_client_that_trusts_the_authority_trusts_every_name_of_the_shop(tmp_path, name):
    handshake(ensure_certificates(tmp_path), name)


def test_other_names_are_not_covered(tmp_path):
    files = ensure_certificates(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, "shop.example")


def test_certificates_are_made_once(tmp_path):
    files = ensure_certificates(tmp_path)
    before = files.leaf.read_bytes()
    assert ensure_certificates(tmp_path) == files
    assert files.leaf.read_bytes() == before


def test_a_leaf_that_ends_soon_is_renewed_by_the_same_authority(tmp_path, monkeypatch):
    with monkeypatch.context() as short:
        short.setattr(certificates, "_LEAF_LIFETIME", timedelta(days=3))
        files = ensure_certificates(tmp_path)
    authority = files.authority.read_bytes()
    ensure_certificates(tmp_path)
    leaf = x509.load_pem_x509_certificate(files.leaf.read_bytes())
    assert leaf.not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)
    assert files.authority.read_bytes() == authority
    handshake(files, "localhost")


def test_private_keys_are_their_owners_alone(tmp_path):
    ensure_certificates(tmp_path)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("*-key.pem")}
    assert modes == {0o600}
