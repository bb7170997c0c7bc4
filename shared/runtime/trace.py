"""The request's ids, kept for the length of a call: W3C trace context and the request id."""

import os
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from shared.runtime.telemetry.spans import Span

# Version 00 (https://www.w3.org/TR/trace-context/#traceparent-header): ids of zeros are none.
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class CallContext(msgspec.Struct, frozen=True):
    """What every log line, event and outgoing call of one request carries.

    ``span``: what is told of it, where telemetry is on; ``traceparent`` names it then.
    """

    request_id: str
    traceparent: str
    span: Any = None

    @property
    def trace_id(self) -> str:
        """The 32 hex digits that one click's whole story shares."""
        return self.traceparent[3:35]


_EMPTY = CallContext("", "")
_current: ContextVar[CallContext] = ContextVar("call_context", default=_EMPTY)


def is_traceparent(text: str) -> bool:
    """Whether it is a trace to go on in."""
    return _TRACEPARENT.fullmatch(text) is not None


def begin_call(request_id: str, traceparent: str) -> CallContext:
    """Starts a call; ids that are missing or malformed are made."""
    if not is_traceparent(traceparent):
        traceparent = f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
    return enter_call(CallContext(request_id[:128] or os.urandom(16).hex(), traceparent))


def continue_call(traceparent: str) -> None:
    """Goes on in the trace of what led to this call, an event's or a payment's.

    Nothing changes for a malformed one.
    """
    if not is_traceparent(traceparent):
        return
    call = current_call()
    span: Span | None = call.span
    if span is not None:
        traceparent = span.continue_from(traceparent)
    enter_call(CallContext(call.request_id, traceparent, span))


def enter_call(context: CallContext) -> CallContext:
    """Makes it the current call of this thread."""
    _current.set(context)
    return context


def current_call() -> CallContext:
    """The call being answered; empty ids outside of one."""
    return _current.get()
