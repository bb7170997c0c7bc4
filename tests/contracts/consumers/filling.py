"""Fills the ports of any reaction: real adapters on a database, fakes of what is not one."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.kernel.clock import SystemClock
from shared.notifications.redis import RedisFeed
from shared.notifications.smtp import SmtpMailer
from shared.payments.stripe_gateway import StripeGateway
from shared.products.objects import StoredFiles
from shared.runtime.declare import Spec
from shared.runtime.settings import (
    EventSettings,
    LinkSettings,
    MongoSettings,
    PublicUrlSettings,
)
from shared.runtime.wiring import parameters_of, settings_of
from tests.fakes.auth import FakeClock
from tests.fakes.notifications import FakeFeed, FakeMailer
from tests.fakes.orders import NOW
from tests.fakes.payments import FakeGateway
from tests.fakes.products import FakeFiles
from tests.saga.bus import meta_of

# What stands for an adapter that needs more than a database; add those of new ports here.
FAKES: dict[type, Any] = {
    SystemClock: lambda: FakeClock(NOW),
    RedisFeed: FakeFeed,
    SmtpMailer: FakeMailer,
    StripeGateway: FakeGateway,
    StoredFiles: FakeFiles,
}


@dataclass
class World:
    """One context's database and sink, and the fakes that its reactions share."""

    mongo: MongoSettings
    events: EventSettings
    fakes: dict[type, Any] = field(default_factory=dict)

    def adapter(self, kind: type, asked_by: str = "a seed") -> Any:
        """An adapter as the runtime makes it, or the fake that stands for it."""
        if kind in FAKES:
            return self.fakes.setdefault(kind, FAKES[kind]())
        settings = {
            MongoSettings: self.mongo,
            EventSettings: self.events,
            LinkSettings: LinkSettings("11" * 32),
            PublicUrlSettings: PublicUrlSettings("https://shop.test", "https://admin.test"),
        }
        needed = settings_of(kind)
        missing = [one.__name__ for one in needed.values() if one not in settings]
        if missing:
            pytest.fail(
                f"{asked_by} needs {kind.__name__}, which needs {', '.join(missing)}: name a fake"
                f" for it in FAKES of {__file__}"
            )
        return kind(**{name: settings[one] for name, one in needed.items()})

    def deliver(self, spec: Spec, payload: Any) -> None:
        """Calls the reaction as the runtime does, but for the envelope's checks."""
        name = f"{type(payload).__name__} {payload.version}"  # an event that comes again has its id
        fillings = {"payload": payload, "meta": replace(meta_of(payload, NOW), id=name)}
        spec.function(
            **{
                item.name: self.adapter(item.adapter, spec.name)
                if item.adapter
                else fillings[item.kind]
                for item in parameters_of(spec)
            }
        )
