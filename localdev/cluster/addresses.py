"""Every address of one stack: reserved before anything starts, so that parts know each other."""

from dataclasses import dataclass, field
from pathlib import Path

from localdev.cluster.gateway import PREFERRED_PORT
from localdev.cluster.ports import HOST, PreferredReservation, Reservation
from shared.runtime.settings import CONFIG_MAP


@dataclass(slots=True)
class Addresses:
    """Reserved loopback ports and the URLs made of them."""

    gateway: Reservation = field(default_factory=lambda: PreferredReservation(PREFERRED_PORT))
    gateway_admin: Reservation = field(default_factory=Reservation)
    activator: Reservation = field(default_factory=Reservation)
    sink: Reservation = field(default_factory=Reservation)
    stripe: Reservation = field(default_factory=Reservation)
    smtp: Reservation = field(default_factory=Reservation)
    mail: Reservation = field(default_factory=Reservation)
    telemetry: Reservation = field(default_factory=Reservation)

    @property
    def storefront(self) -> str:
        """Where people shop."""
        return f"https://shop.localhost:{self.gateway.port}"

    @property
    def admin(self) -> str:
        """The back office."""
        return f"https://admin.localhost:{self.gateway.port}"

    @property
    def base_url(self) -> str:
        """For clients that cannot resolve ``*.localhost`` and send a Host header instead."""
        return f"https://{HOST}:{self.gateway.port}"

    @property
    def services(self) -> str:
        """The activator."""
        return f"http://{HOST}:{self.activator.port}"

    @property
    def sinks(self) -> str:
        """The KafkaSink ingress."""
        return f"http://{HOST}:{self.sink.port}"

    @property
    def mail_inbox(self) -> str:
        """The inbox's HTTP side."""
        return f"http://{HOST}:{self.mail.port}"

    @property
    def telemetry_site(self) -> str:
        """Traces and metrics: where they are sent, and where they are looked at."""
        return f"http://{HOST}:{self.telemetry.port}"

    def service(self, name: str, path: str = "/") -> str:
        """A function, by way of the activator."""
        return f"{self.services}/_services/{name}{path}"

    def config_maps(
        self, stripe_api_base: str, kafka: str, routes: Path, telemetry: str
    ) -> dict[str, dict[str, str]]:
        """The ConfigMap that the manifests refer to. ``telemetry``: its URL, empty for none."""
        return {
            CONFIG_MAP: {
                "sink-url": self.sinks,
                "service-url": self.service("{service}"),
                "place-order-url": self.service("orders-place-order", "/orders"),
                "storefront-url": self.storefront,
                "admin-url": self.admin,
                "stripe-api-base": stripe_api_base,
                "routes-file": str(routes),
                "smtp-host": HOST,
                "smtp-port": str(self.smtp.port),
                "seller": "Popshop\n1 Market Street\nSpringfield",
                "mail-from": "Popshop <shop@shop.localhost>",
                "kafka-bootstrap": kafka,
                "otel-endpoint": telemetry,
            }
        }

    def close(self) -> None:
        """Gives the ports back."""
        for name in self.__slots__:
            getattr(self, name).close()
