"""Begins an import: the file is cut, stored as it came, and its first chunks asked for."""

from datetime import datetime

from shared.kernel.ids import ImportId, UserId, new_id
from shared.products.imports import Import, format_of, planned
from shared.products.ports import Files, Imports


def begin_import(
    imports: Imports,
    files: Files,
    body: bytes,
    *,
    media_type: str,
    file_name: str,
    by: UserId,
    now: datetime,
) -> Import:
    """The stored import; the file first, so that whoever works it off finds it."""
    import_id = ImportId(new_id())
    empty = Import(
        id=import_id,
        key=f"imports/{import_id}",
        format=format_of(media_type, file_name),
        columns=[],
        by=by,
        rows=0,
        lanes=[],
        created_at=now,
        moved_at=now,
    )
    item = planned(empty, body)
    files.put(item.key, body, media_type or "application/octet-stream")
    imports.add(item)
    return item
