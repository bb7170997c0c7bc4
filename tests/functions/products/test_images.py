from datetime import UTC, datetime

import pytest

from functions.products.delete_product_image import delete_product_image
from functions.products.serve_image import serve_image
from functions.products.upload_product_image import MAX_BYTES, upload_product_image
from shared.kernel.errors import Invalid, NotFound, TooLarge, UnsupportedMediaType
from shared.kernel.ids import ImageId, ProductId
from shared.kernel.money import Money
from shared.products.model import Details, new_product
from shared.runtime.answers import Redirect
from shared.runtime.request import RequestInfo
from shared.runtime.wiring import Upload
from tests.fakes.products import FakeFiles, FakePictures, FakeProducts

ID = ProductId("p-1")
PAGE, API = "/products/p-1/images/x", "/api/products/p-1/images/x"


@pytest.fixture
def products() -> FakeProducts:
    fake = FakeProducts()
    details = Details(title="Tea", category="drinks", price=Money(1))
    fake.add(new_product(ID, details, 1, "admin", datetime(2026, 11, 25, tzinfo=UTC)))
    return fake


@pytest.fixture
def files() -> FakeFiles:
    return FakeFiles()


def upload(products, files, body=b"picture 1", product_id=ID):
    sent = Upload(body=body, media_type="image/png")
    return upload_product_image(product_id, sent, products, FakePictures(), files).value


def delete(products, files, image_id, path=API):
    info = RequestInfo(
        method="DELETE",
        path=path,
        host="admin.localhost",
        cookies={},
        user_agent="",
        client_ip="",
        idempotency_key=None,
        is_page=path == PAGE,
    )
    return delete_product_image(ID, ImageId(image_id), info, products, files)


def test_an_uploaded_picture_is_shown_under_its_address(products, files):
    (image,) = upload(products, files).images
    assert (image.width, image.height) == (8, 6)
    assert image.url.startswith("/media/p-1-")
    content = serve_image(image.url.removeprefix("/media/"), files)
    assert (content.body, content.media_type) == (b"picture 1", "image/webp")
    assert content.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    small = serve_image(image.thumbnail_url.removeprefix("/media/"), files)
    assert small.body == b"small picture 1"
    assert products.told[-1].images


def test_the_same_picture_again_changes_nothing(products, files):
    first = upload(products, files)
    assert upload(products, files) == first
    assert len(upload(products, files, b"picture 2").images) == 2


def test_a_product_takes_ten_pictures(products, files):
    for number in range(10):
        upload(products, files, f"picture {number}".encode())
    with pytest.raises(Invalid, match="10 pictures"):
        upload(products, files, b"picture 11")


def test_what_is_no_picture_changes_nothing(products, files):
    with pytest.raises(UnsupportedMediaType):
        upload(products, files, b"<svg/>")
    with pytest.raises(TooLarge):
        upload(products, files, b"picture" + bytes(MAX_BYTES))
    assert files.by_key == {}
    assert products.by_id[ID].version == 1


def test_a_picture_of_nothing_is_not_found(products, files):
    with pytest.raises(NotFound):
        upload(products, files, product_id=ProductId("other"))
    assert files.by_key == {}


def test_a_deleted_picture_is_gone_with_its_files(products, files):
    (image,) = upload(products, files).images
    assert delete(products, files, image.id) is None
    assert (products.by_id[ID].images, files.by_key) == ([], {})
    with pytest.raises(NotFound):
        delete(products, files, image.id)


def test_the_page_goes_back_to_the_product(products, files):
    (image,) = upload(products, files).images
    assert delete(products, files, image.id, PAGE) == Redirect(location="/products/p-1")


@pytest.mark.parametrize(
    "key", ["../secret", "imports.csv", "A.webp", "x" * 200 + ".webp", "n.webp"]
)
def test_only_pictures_are_served(files, key):
    files.put("media/../secret", b"x", "")
    with pytest.raises(NotFound):
        serve_image(key, files)
