"""What a function may return besides a plain value."""

from typing import Generic, TypeVar

import msgspec

V = TypeVar("V")


class Cookie(msgspec.Struct, frozen=True, kw_only=True):
    """A cookie to set; ``max_age_seconds`` 0 removes it. Secure, SameSite=Lax, Path=/ always."""

    name: str
    value: str
    max_age_seconds: int
    is_http_only: bool = True

    def header(self) -> str:
        """The Set-Cookie value."""
        http_only = "; HttpOnly" if self.is_http_only else ""
        return (
            f"{self.name}={self.value}; Max-Age={self.max_age_seconds}; Path=/; Secure; "
            f"SameSite=Lax{http_only}"
        )


class Reply(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """A value with more than a body: another status, a Location, cookies or headers."""

    value: V
    status: int | None = None
    location: str | None = None
    cookies: tuple[Cookie, ...] = ()
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A body that is not JSON: a picture, a style sheet, a PDF."""

    body: bytes
    media_type: str
    headers: dict[str, str] = msgspec.field(default_factory=dict)


def own_data_as(file_name: str) -> dict[str, str]:
    """The headers of somebody's own data: a file to keep, and for nobody's cache."""
    return {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Cache-Control": "private, no-store",
    }


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """A 303 to a local path, with cookies."""

    location: str
    cookies: tuple[Cookie, ...] = ()


class Response(msgspec.Struct, frozen=True):
    """What goes out: status, headers in order, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
