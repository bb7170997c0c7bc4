"""Delivers events to reactions over HTTP, as the KafkaSource would."""

from dataclasses import dataclass

from shared.kernel.errors import Unavailable
from shared.ops.model import DeadLetter
from shared.runtime.http_call import post
from shared.runtime.settings import config

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ServicesSettings:
    """How a Knative Service is reached; ``{service}`` stands for its name."""

    url: str = config("SERVICE_URL", "service-url")


class HttpReactions:
    """Posts the event in binary mode, with the very bytes that were signed."""

    def __init__(self, settings: ServicesSettings) -> None:
        self._settings = settings

    def deliver(self, letter: DeadLetter) -> tuple[int | None, str]:
        """Status and body of the reaction's answer; no status when it did not answer."""
        url = self._settings.url.replace("{service}", letter.reaction)
        headers = {f"ce-{name}": value for name, value in letter.attributes.items()}
        headers["content-type"] = "application/json"
        try:
            status, body = post(url, letter.data, headers, timeout_seconds=_TIMEOUT_SECONDS)
        except Unavailable as error:
            return None, error.detail
        return status, body[:1024].decode("utf-8", "replace")
