"""Names, durations and image references as Kubernetes and Go spell them."""

import re
from decimal import Decimal

_LABEL_LENGTH, _SUBDOMAIN_LENGTH = 63, 253
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_DNS_1123_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_1123 = re.compile(rf"{_DNS_1123_LABEL.pattern}(\.{_DNS_1123_LABEL.pattern})*")
_GO_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_GO_DURATION = re.compile(rf"[+-]?(?:0|(?:{_GO_PART.pattern})+)")
_GO_SECONDS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "μs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}
_N = r"\d+(?:[.,]\d+)?"
_ISO_DURATION = re.compile(
    rf"P(?=.)(?:{_N}Y)?(?:{_N}M)?(?:{_N}W)?(?:{_N}D)?"
    rf"(?:T(?=.)(?:{_N}H)?(?:{_N}M)?(?:{_N}S)?)?"
)
_REPOSITORY = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?/)?{_REPOSITORY}(?:/{_REPOSITORY})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


def is_dns_1035_label(text: str) -> bool:
    """Lower-case letters, digits and hyphens, a letter first, at most 63 characters."""
    return len(text) <= _LABEL_LENGTH and bool(_DNS_1035.fullmatch(text))


def is_dns_1123_label(text: str) -> bool:
    """As a DNS-1035 label, but a digit may come first."""
    return len(text) <= _LABEL_LENGTH and bool(_DNS_1123_LABEL.fullmatch(text))


def is_dns_1123_subdomain(text: str) -> bool:
    """DNS-1123 labels joined by dots, at most 253 characters."""
    return len(text) <= _SUBDOMAIN_LENGTH and bool(_DNS_1123.fullmatch(text))


def go_duration(text: str) -> Decimal | None:
    """Seconds of a Go duration such as `1m30s`; None if it is not one."""
    if not _GO_DURATION.fullmatch(text):
        return None
    seconds = sum(
        (Decimal(number) * _GO_SECONDS[unit] for number, unit in _GO_PART.findall(text)),
        Decimal(0),
    )
    return -seconds if text.startswith("-") else seconds


def is_iso_duration(text: str) -> bool:
    """True for an ISO 8601 duration such as `PT0.2S`; a negative one is none."""
    return bool(_ISO_DURATION.fullmatch(text))


def is_zero_iso_duration(text: str) -> bool:
    """True if all numbers of the duration are zero."""
    return not re.search(r"[1-9]", text)


def is_image(text: str) -> bool:
    """True for `[registry/]repository[:tag][@sha256:digest]`."""
    return bool(_IMAGE.fullmatch(text))
