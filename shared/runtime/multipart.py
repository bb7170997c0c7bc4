"""Reads the one file of a multipart/form-data body (werkzeug's parser)."""

import io

from werkzeug.exceptions import HTTPException
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from shared.kernel.errors import Invalid, Malformed
from shared.runtime.request import Request
from shared.runtime.wiring import Upload


def _in_memory(*_: object, **__: object) -> io.BytesIO:
    """The body is in memory and bounded already; a pod may have no disk to write to."""
    return io.BytesIO()


def read_file(request: Request, limit_bytes: int) -> Upload:
    """The file of the first file field; ``Invalid`` when the form has none.

    ``file_name`` is the field's own claim and never used as a path.
    """
    body = request.body(limit_bytes + 4096)
    _, options = parse_options_header(request.header("Content-Type"))
    boundary = options.get("boundary", "").encode("ascii", "ignore")
    if not boundary:
        raise Malformed("The multipart body has no boundary.")
    try:
        parser = MultiPartParser(_in_memory, max_form_memory_size=64 * 1024, max_form_parts=20)
        _, files = parser.parse(io.BytesIO(body), boundary, len(body))
    except (ValueError, HTTPException) as error:
        raise Malformed(f"The multipart body does not parse: {error}") from error
    for name, file in files.items():
        content = file.stream.read()
        if content:
            return Upload(
                body=content,
                media_type=(file.mimetype or "").lower(),
                file_name=(file.filename or name)[:200],
            )
    raise Invalid({"image": "required: send the file in the multipart field `image`"})
