"""A client of the shop's own API, as any program would use it."""

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 60.0
_BOUNDARY = "popshop-seed"


class SeedError(RuntimeError):
    """The shop answered something else than expected."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and the access token that came along, if any."""

    status: int
    body: Any
    access_token: str | None


class ShopClient:
    """One kept-alive connection; ``token`` is sent as Bearer."""

    def __init__(self, base_url: str, host: str, ca_file: str) -> None:
        parts = urlsplit(base_url)
        self._connection = http.client.HTTPSConnection(
            str(parts.hostname),
            parts.port,
            context=ssl.create_default_context(cafile=ca_file),
            timeout=_TIMEOUT_SECONDS,
        )
        self._host = f"{host}:{parts.port}"
        self.token: str | None = None

    def call(self, method: str, path: str, value: object = None) -> Answer:
        """One call with a JSON body."""
        body = None if value is None else json.dumps(value).encode()
        return self._send(method, path, body, "application/json")

    def upload(self, path: str, name: str, content: bytes, media_type: str) -> Answer:
        """Posts one file as multipart."""
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
            f"Content-Type: {media_type}\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        return self._send("POST", path, body, f"multipart/form-data; boundary={_BOUNDARY}")

    def send_file(self, path: str, content: bytes, media_type: str) -> Answer:
        """Posts a file as the body."""
        return self._send("POST", path, content, media_type)

    def _send(self, method: str, path: str, body: bytes | None, media_type: str) -> Answer:
        headers = {"Host": self._host, "Content-Type": media_type}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self._connection.request(method, f"/api{path}", body, headers)
        response = self._connection.getresponse()
        raw = response.read()
        cookies = response.headers.get_all("Set-Cookie") or []
        return Answer(response.status, _parsed(raw), _access_token(cookies))


def _access_token(cookies: list[str]) -> str | None:
    for cookie in cookies:
        name, _, value = cookie.partition(";")[0].partition("=")
        if name == "__Host-access":
            return value
    return None


def _parsed(raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")


def expect(answer: Answer, *statuses: int) -> Answer:
    """The answer, if its status is one of these; ``SeedError`` with the body otherwise."""
    if answer.status not in statuses:
        raise SeedError(f"the shop answered {answer.status}: {answer.body}")
    return answer
