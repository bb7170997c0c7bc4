from io import BytesIO
from urllib.parse import urlsplit

import pytest
import urllib3
from minio import Minio
from minio.error import S3Error

from localdev.engines import store_at
from tests.integration.localdev.engines.harness import Writer, restarts_in_place, running

pytestmark = pytest.mark.engines
PICTURE = b"\x89PNG" * 2500


@pytest.fixture(params=["minio", "nanio", "moto"])
def s3(request, place):
    with running("s3", request.param, place) as engine:
        yield engine


@pytest.fixture
def durable(place):
    with running("s3", "nanio", place) as engine:
        yield engine


def client_of(engine, secret_key=None):
    store = store_at(engine.url)
    return Minio(
        urlsplit(store.endpoint).netloc,
        access_key=store.access_key,
        secret_key=secret_key or store.secret_key,
        secure=False,
        http_client=urllib3.PoolManager(timeout=10, retries=False),
    )


def put(client, name):
    client.put_object(
        "pictures",
        name,
        BytesIO(PICTURE),
        len(PICTURE),
        content_type="image/png",
        metadata={"x-amz-meta-sku": name},
    )


def sku_of(client, name):
    found = client.stat_object("pictures", name)
    assert (found.size, found.content_type) == (len(PICTURE), "image/png")
    return found.metadata["x-amz-meta-sku"]


def test_it_stores_as_soon_as_it_is_started(s3):
    client = client_of(s3)
    client.make_bucket("pictures")
    put(client, "cup")
    assert sku_of(client, "cup") == "cup"
    with client.get_object("pictures", "cup") as answer:
        assert answer.read() == PICTURE


def test_another_key_is_refused(durable):
    with pytest.raises(S3Error, match=r"SignatureDoesNotMatch|InvalidAccessKeyId|AccessDenied"):
        client_of(durable, "0" * 40).list_buckets()


def test_an_acknowledged_object_survives_a_kill_with_its_metadata(durable):
    client = client_of(durable)
    client.make_bucket("pictures")
    faults = (S3Error, urllib3.exceptions.HTTPError, OSError)
    writer = Writer(lambda number: put(client, str(number)), faults)
    acknowledged = writer.until_killed(durable, least=50)
    restarts_in_place(durable)
    again = client_of(durable)
    assert [sku_of(again, str(number)) for number in acknowledged] == [
        str(number) for number in acknowledged
    ]


def test_it_keeps_its_keys_and_objects_when_it_is_started_anew(place):
    with running("s3", "nanio", place) as first:
        client_of(first).make_bucket("pictures")
        put(client_of(first), "cup")
    with running("s3", "nanio", place) as second:
        assert second.url == first.url
        assert sku_of(client_of(second), "cup") == "cup"
