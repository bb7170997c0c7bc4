"""POST /admin/imports: takes a file of products and begins to work it off."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import TooLarge
from shared.products.imports import MAX_FILE_BYTES, ImportView
from shared.products.mongo_imports import MongoImports
from shared.products.objects import StoredFiles
from shared.products.ports import Files, Imports
from shared.products.use_cases.starting import begin_import
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.wiring import Upload


@http(
    "POST",
    "/admin/imports",
    access=Access.ADMIN,
    status=202,
    then="/admin/imports/{id}",
    limit_bytes=MAX_FILE_BYTES,
    consumes=("text/csv", "application/x-ndjson"),
    timeout_seconds=120,
)
def start_import(
    upload: Upload,
    caller: Caller,
    imports: Annotated[Imports, MongoImports],
    files: Annotated[Files, StoredFiles],
    clock: Annotated[Clock, SystemClock],
) -> Reply[ImportView]:
    """Takes a CSV or NDJSON file of products (up to 100 MB); rows are matched by SKU."""
    if len(upload.body) > MAX_FILE_BYTES:
        raise TooLarge(f"The file is larger than the {MAX_FILE_BYTES} bytes taken here.")
    item = begin_import(
        imports,
        files,
        upload.body,
        media_type=upload.media_type,
        file_name=upload.file_name,
        by=caller.user,
        now=clock.now(),
    )
    return Reply(value=item.view(), location=f"/api/admin/imports/{item.id}")
