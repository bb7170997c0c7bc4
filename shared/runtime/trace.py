"""The request's ids, kept for the length of a call: W3C trace context and the request id."""

import os
import re
from contextvars import ContextVar

import msgspec

_TRACEPARENT = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


class CallContext(msgspec.Struct, frozen=True):
    """What every log line, event and outgoing call of one request carries."""

    request_id: str
    traceparent: str

    @property
    def trace_id(self) -> str:
        """The 32 hex digits that one click's whole story shares."""
        return self.traceparent[3:35]


_EMPTY = CallContext("", "")
_current: ContextVar[CallContext] = ContextVar("call_context", default=_EMPTY)


def begin_call(request_id: str, traceparent: str) -> CallContext:
    """Starts a call; ids that are missing or malformed are made."""
    if not _TRACEPARENT.match(traceparent):
        traceparent = f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
    context = CallContext(request_id[:128] or os.urandom(16).hex(), traceparent)
    _current.set(context)
    return context


def current_call() -> CallContext:
    """The call being answered; empty ids outside of one."""
    return _current.get()
