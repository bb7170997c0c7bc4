"""The home of the S3 client (minio): buckets of bytes; outages as 503."""

import functools
import io
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import S3Error
from urllib3.exceptions import HTTPError

from shared.kernel.errors import NotFound
from shared.runtime.problem import register_outage
from shared.runtime.settings import ObjectStoreSettings

register_outage(HTTPError)


class ObjectStore:
    """Objects of the shop's bucket by key."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        self._settings = settings

    def put(self, key: str, body: bytes, media_type: str) -> None:
        """Stores an object, replacing one of that key."""
        client = _client(self._settings)
        client.put_object(
            self._settings.bucket, key, io.BytesIO(body), len(body), content_type=media_type
        )

    def get(self, key: str, offset: int = 0, length: int = 0) -> bytes:
        """An object's bytes, or ``length`` of them from ``offset``; else ``NotFound``."""
        try:
            response = _client(self._settings).get_object(
                self._settings.bucket, key, offset=offset, length=length
            )
        except S3Error as error:
            if error.code in {"NoSuchKey", "NoSuchObject"}:
                raise NotFound(f"There is no object {key}.") from error
            raise
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()

    def delete(self, key: str) -> None:
        """Removes an object; a no-op when there is none."""
        _client(self._settings).remove_object(self._settings.bucket, key)

    def ensure_bucket(self) -> None:
        """Makes the bucket if it is missing."""
        client = _client(self._settings)
        if not client.bucket_exists(self._settings.bucket):
            client.make_bucket(self._settings.bucket)


@functools.cache
def _client(settings: ObjectStoreSettings) -> Minio:
    parts = urlsplit(settings.endpoint)
    return Minio(
        parts.netloc,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        secure=parts.scheme == "https",
        http_client=urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=2, read=20), retries=urllib3.Retry(total=1)
        ),
    )
