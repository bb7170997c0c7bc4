"""Pictures and import files in the S3 store."""

from collections.abc import Sequence

from shared.runtime.objects import ObjectStore
from shared.runtime.settings import ObjectStoreSettings


class StoredFiles:
    """Objects of the shop's bucket."""

    def __init__(self, objects: ObjectStoreSettings) -> None:
        self._objects = ObjectStore(objects)

    def put(self, key: str, body: bytes, media_type: str) -> None:
        """Stores a file, replacing one of that key."""
        self._objects.put(key, body, media_type)

    def get(self, key: str, offset: int = 0, length: int = 0) -> bytes:
        """A file's bytes, or ``length`` of them from ``offset``; ``NotFound`` if there is none."""
        return self._objects.get(key, offset, length)

    def delete(self, keys: Sequence[str]) -> None:
        """Removes files; those that are gone already are no error."""
        for key in keys:
            self._objects.delete(key)
