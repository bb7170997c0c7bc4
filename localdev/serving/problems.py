"""The activator's own answers: Knative's statuses and words, as problem+json."""

import json
import uuid
from http import HTTPStatus

from aiohttp import web

_NOT_FOUND = 404


def problem(request: web.BaseRequest, status: int, detail: str) -> web.Response:
    """A problem answer; 503 asks to come back in a second."""
    code = "not_found" if status == _NOT_FOUND else "unavailable"
    document = {
        "type": f"urn:popshop:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    headers = {"X-Request-Id": request.headers.get("X-Request-Id") or str(uuid.uuid4())}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return web.Response(
        status=status,
        body=json.dumps(document).encode(),
        content_type="application/problem+json",
        headers=headers,
    )
