"""Settings: one small dataclass per driver; nothing else reads the environment.

A field says which variable it comes from and which Secret or ConfigMap key the manifest binds it
to; ``{context}`` in either is the context of the function that asks. A function is given exactly
the settings that its adapters' constructors name, so a function without MongoDB gets no MongoDB
secret. Nobody compares settings and nobody should print them, so they are made without what that
takes: the classes are on the way of every start.
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

import msgspec

S = TypeVar("S")
CONFIG_MAP = "popshop-config"


class Binding(msgspec.Struct, frozen=True):
    """Where a variable's value comes from in the cluster: a key of a Secret or ConfigMap."""

    variable: str
    object_name: str
    key: str
    is_secret: bool
    default: str | None


def secret(variable: str, object_name: str, key: str, default: str | None = None) -> Any:  # noqa: ANN401
    """A field bound to ``key`` of a Secret; with a default the key may be absent."""
    return _bound(Binding(variable, object_name, key, True, default))


def config(variable: str, key: str, default: str | None = None) -> Any:  # noqa: ANN401
    """A field bound to ``key`` of the shop's ConfigMap."""
    return _bound(Binding(variable, CONFIG_MAP, key, False, default))


def _bound(binding: Binding) -> Any:  # noqa: ANN401
    given = MISSING if binding.default is None else binding.default
    return field(default=given, metadata={"binding": binding})


def bindings_of(settings: type, context: str) -> list[Binding]:
    """The bindings of a settings class for functions of ``context``."""
    return [_placed(item.metadata["binding"], context) for item in fields(settings)]


def _placed(binding: Binding, context: str) -> Binding:
    return Binding(
        binding.variable.replace("{CONTEXT}", context.upper()),
        binding.object_name.replace("{context}", context),
        binding.key,
        binding.is_secret,
        binding.default,
    )


def load_settings(settings: type[S], context: str, environ: Mapping[str, str] | None = None) -> S:
    """The settings read from ``environ`` (the process's own by default).

    Raises ``LookupError`` naming every missing variable.
    """
    environ = os.environ if environ is None else environ
    names = [item.name for item in fields(settings)]  # type: ignore[arg-type]  # a dataclass
    bindings = bindings_of(settings, context)
    values = {
        name: environ.get(binding.variable, binding.default)
        for name, binding in zip(names, bindings, strict=True)
    }
    missing = [b.variable for n, b in zip(names, bindings, strict=True) if values[n] is None]
    if missing:
        raise LookupError(f"{settings.__name__} needs {', '.join(missing)} in the environment")
    return settings(**values)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MongoSettings:
    """The context's own database; the path of the URL names it."""

    url: str = secret("MONGO_URL", "popshop-mongo-{context}", "url")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RedisSettings:
    """Revocations, limits and the fan-out of notifications."""

    url: str = secret("REDIS_URL", "popshop-redis", "url")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ObjectStoreSettings:
    """The S3 store of pictures and import files."""

    endpoint: str = secret("S3_ENDPOINT", "popshop-s3", "endpoint")
    access_key: str = secret("S3_ACCESS_KEY", "popshop-s3", "access-key")
    secret_key: str = secret("S3_SECRET_KEY", "popshop-s3", "secret-key")
    bucket: str = secret("S3_BUCKET", "popshop-s3", "bucket", "popshop")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EventSettings:
    """Where events are published, and the key the producing context signs them with (hex).

    This key and those below may be several while they change: ``shared.kernel.keys``.
    """

    sink_url: str = config("SINK_URL", "sink-url")
    key: str = secret("EVENT_KEY_{CONTEXT}", "popshop-events-{context}", "key")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EventKeySettings:
    """The key that a consumer checks the events of the context ``{context}`` with (hex)."""

    key: str = secret("EVENT_KEY_{CONTEXT}", "popshop-events-{context}", "key")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IdentitySettings:
    """The key that the gateway's authoriser signs this context's callers with (hex)."""

    key: str = secret("IDENTITY_KEY", "popshop-identity-{context}", "key")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class InternalCallSettings:
    """The key of the one function-to-function call: the cart asks orders to place an order."""

    key: str = secret("ORDERS_CALL_KEY", "popshop-orders-call", "key")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PlaceOrderSettings:
    """Where the cart places orders."""

    url: str = config("PLACE_ORDER_URL", "place-order-url")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PublicUrlSettings:
    """The addresses people use, without a trailing slash."""

    storefront: str = config("STOREFRONT_URL", "storefront-url")
    admin: str = config("ADMIN_URL", "admin-url")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LinkSettings:
    """The key (hex) behind the links that are mailed: auth and notifications alone have it."""

    key: str = secret("LINK_KEY", "popshop-links", "key")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MailSettings:
    """The SMTP server that takes the shop's mail; with a user name it is asked for STARTTLS."""

    host: str = config("SMTP_HOST", "smtp-host")
    port: str = config("SMTP_PORT", "smtp-port")
    sender: str = config("MAIL_FROM", "mail-from")
    user: str = secret("SMTP_USER", "popshop-smtp", "user", "")
    password: str = secret("SMTP_PASSWORD", "popshop-smtp", "password", "")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SellerSettings:
    """Who sells, as invoices must name it: name, address, tax number; a line each."""

    seller: str = config("SELLER", "seller", "Popshop")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class KafkaSettings:
    """The brokers, for whoever reads topics directly (the event browser)."""

    bootstrap: str = config("KAFKA_BOOTSTRAP_SERVERS", "kafka-bootstrap")
