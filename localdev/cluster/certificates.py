"""A certificate authority of this stack's own and a leaf for the names the shop answers to."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST_NAMES = ("shop.localhost", "admin.localhost", "localhost")
_ADDRESS = "127.0.0.1"
_AUTHORITY_LIFETIME = timedelta(days=3650)
# Browsers refuse leaves that live longer than 825 days (CA/Browser Forum's limit of that time).
_LEAF_LIFETIME = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=30)
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the authority to trust, and the gateway's chain and key."""

    authority: Path
    leaf: Path
    key: Path


def ensure_certificates(folder: Path) -> Certificates:
    """The certificates in ``folder``; made when missing, the leaf anew when it ends soon."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = Certificates(folder / "ca.pem", folder / "leaf.pem", folder / "leaf-key.pem")
    authority_key = folder / "ca-key.pem"
    if not _is_valid(files.authority) or not authority_key.exists():
        _make_authority(files.authority, authority_key)
        files.leaf.unlink(missing_ok=True)
    if not _is_valid(files.leaf) or not files.key.exists():
        _make_leaf(files, authority_key)
    return files


def _is_valid(file: Path) -> bool:
    if not file.exists():
        return False
    ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    return ends - _RENEW_BEFORE > datetime.now(UTC)


def _make_authority(file: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Popshop local authority")
    usage = _key_usage(is_authority=True)
    certificate = (
        _builder(name, name, key.public_key(), _AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(key_file, key)
    file.write_bytes(certificate.public_bytes(Encoding.PEM))


def _make_leaf(files: Certificates, authority_key: Path) -> None:
    issuer = x509.load_pem_x509_certificate(files.authority.read_bytes())
    issuer_key = load_pem_private_key(authority_key.read_bytes(), password=None)
    if not isinstance(issuer_key, Key):
        raise TypeError(f"{authority_key} holds no elliptic-curve key; delete its folder")
    key = ec.generate_private_key(ec.SECP256R1())
    names = [*map(x509.DNSName, HOST_NAMES), x509.IPAddress(ipaddress.ip_address(_ADDRESS))]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    certificate = (
        _builder(_name(HOST_NAMES[0]), issuer.subject, key.public_key(), _LEAF_LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority=False), critical=True)
        .add_extension(server, critical=False)
        .add_extension(identifier, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    _write_key(files.key, key)
    chain = (certificate, issuer)
    files.leaf.write_bytes(b"".join(item.public_bytes(Encoding.PEM) for item in chain))


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + life)
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _write_key(file: Path, key: Key) -> None:
    file.touch(mode=0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
