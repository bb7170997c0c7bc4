"""JSON log lines on standard error, one object a line, with request and trace id."""

import os
import sys
import time
import traceback
from typing import Any

import msgspec

from shared.runtime.trace import current_call


def log(level: str, message: str, **fields: Any) -> None:  # noqa: ANN401 - JSON members
    """Writes one line; ``fields`` must be encodable as JSON and hold no secrets."""
    call = current_call()
    line: dict[str, Any] = {
        "time": time.time(),
        "level": level,
        "message": message,
        "function": os.environ.get("FUNCTION_TARGET", ""),  # the one name every line carries
    }
    if call.request_id:
        line |= {"request_id": call.request_id, "trace_id": call.trace_id}
    sys.stderr.write(msgspec.json.encode(line | fields, enc_hook=str).decode() + "\n")


def log_crash(message: str, error: BaseException, **fields: Any) -> None:  # noqa: ANN401
    """Logs an unexpected error with its traceback (never sent to a client)."""
    log("error", message, error="".join(traceback.format_exception(error)), **fields)
