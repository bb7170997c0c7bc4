"""The files' port on the fake and on both S3 servers that are always to be had."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from minio.error import S3Error
from urllib3.exceptions import HTTPError

from localdev.engines.place import Place
from localdev.engines.s3 import store_at
from localdev.engines.start import start_engine
from shared.kernel.errors import NotFound
from shared.products.objects import StoredFiles
from shared.products.ports import Files
from shared.runtime.objects import ObjectStore
from shared.runtime.settings import ObjectStoreSettings
from tests.fakes.products import FakeFiles

SERVERS = [pytest.param(name, marks=pytest.mark.engines) for name in ("nanio", "moto")]
# Above this the client uploads in parts.
PART_BYTES = 5 * 1024 * 1024


def bucket_on(server: str, factory: pytest.TempPathFactory) -> Iterator[ObjectStoreSettings]:
    place = Place(factory.mktemp(server), os.environ, print)
    engine = start_engine("s3", place, server)
    try:
        store = store_at(engine.url)
        settings = ObjectStoreSettings(store.endpoint, store.access_key, store.secret_key)
        ObjectStore(settings).ensure_bucket()
        yield settings
    finally:
        engine.stop()


@pytest.fixture(scope="module")
def nanio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStoreSettings]:
    yield from bucket_on("nanio", tmp_path_factory)


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStoreSettings]:
    yield from bucket_on("moto", tmp_path_factory)


@pytest.fixture(params=["fake", *SERVERS])
def files(request: pytest.FixtureRequest) -> Files:
    if request.param == "fake":
        return FakeFiles()
    return StoredFiles(request.getfixturevalue(request.param))


@pytest.fixture(params=SERVERS)
def settings(request: pytest.FixtureRequest) -> ObjectStoreSettings:
    found: ObjectStoreSettings = request.getfixturevalue(request.param)
    return found


def test_a_file_comes_back_whole_or_in_part(files):
    files.put("imports/1", b"0123456789", "text/csv")
    assert files.get("imports/1") == b"0123456789"
    assert files.get("imports/1", 3, 4) == b"3456"
    assert files.get("imports/1", 8, 2) == b"89"


@pytest.mark.engines
def test_a_part_that_reaches_past_the_end_ends_with_the_file(moto):
    """Not on nanio, which refuses it; nothing in the shop asks for more than there is."""
    for files in (FakeFiles(), StoredFiles(moto)):
        files.put("imports/1", b"0123456789", "text/csv")
        assert files.get("imports/1", 8, 100) == b"89"


def test_a_file_of_the_same_key_is_replaced(files):
    files.put("a", b"one", "text/csv")
    files.put("a", b"two", "text/csv")
    assert files.get("a") == b"two"


def test_a_key_that_begins_like_another_is_another(files):
    files.put("media/a", b"one", "image/webp")
    files.put("media/a.small", b"two", "image/webp")
    files.delete(["media/a"])
    assert files.get("media/a.small") == b"two"


def test_any_bytes_are_kept_as_they_are(files):
    body = bytes(range(256)) * 3
    files.put("media/b.webp", body, "image/webp")
    assert files.get("media/b.webp") == body
    files.put("empty", b"", "text/csv")
    assert files.get("empty") == b""


def test_a_file_that_is_sent_in_parts_comes_back_in_one(files):
    body = os.urandom(2 * PART_BYTES + 17)
    files.put("imports/large", body, "text/csv")
    assert files.get("imports/large") == body
    assert files.get("imports/large", PART_BYTES - 2, 4) == body[PART_BYTES - 2 : PART_BYTES + 2]


def test_a_deleted_file_is_not_found_and_deleting_twice_is_no_matter(files):
    files.put("media/a.webp", b"x", "image/webp")
    for _ in range(2):
        files.delete(["media/a.webp", "media/never.webp"])
    for part in ((0, 0), (0, 10), (5, 10)):
        with pytest.raises(NotFound):
            files.get("media/a.webp", *part)


def test_a_bucket_that_is_there_is_left_as_it_is(settings):
    store = ObjectStore(settings)
    store.put("kept", b"x", "text/csv")
    store.ensure_bucket()
    assert store.get("kept") == b"x"


def test_a_missing_bucket_is_our_fault_and_not_a_missing_file(settings):
    elsewhere = ObjectStore(replace(settings, bucket="elsewhere"))
    with pytest.raises(S3Error, match="NoSuchBucket"):
        elsewhere.get("a")


@pytest.mark.engines
def test_other_keys_are_refused(nanio):
    """Not on moto: it checks no signature."""
    stranger = ObjectStore(replace(nanio, secret_key="0" * 40))
    with pytest.raises(S3Error):
        stranger.put("a", b"x", "text/csv")


@pytest.mark.engines
def test_a_store_that_is_down_is_an_outage(nanio):
    """``HTTPError`` is what the runtime answers with 503."""
    nobody = ObjectStore(replace(nanio, endpoint="http://127.0.0.1:9"))
    with pytest.raises(HTTPError):
        nobody.get("a")
