import pytest

from shared.kernel.errors import NotFound
from shared.products.objects import StoredFiles
from shared.products.ports import Files
from tests.fakes.products import FakeFiles

REAL = pytest.param("real", marks=pytest.mark.engines)


@pytest.fixture(params=["fake", REAL])
def files(request: pytest.FixtureRequest) -> Files:
    if request.param == "fake":
        return FakeFiles()
    return StoredFiles(request.getfixturevalue("s3"))


def test_a_file_comes_back_whole_or_in_part(files):
    files.put("imports/1", b"0123456789", "text/csv")
    assert files.get("imports/1") == b"0123456789"
    assert files.get("imports/1", 3, 4) == b"3456"
    assert files.get("imports/1", 8, 2) == b"89"


def test_a_file_of_the_same_key_is_replaced(files):
    files.put("a", b"one", "text/csv")
    files.put("a", b"two", "text/csv")
    assert files.get("a") == b"two"


def test_a_deleted_file_is_not_found_and_deleting_twice_is_no_matter(files):
    files.put("media/a.webp", b"x", "image/webp")
    for _ in range(2):
        files.delete(["media/a.webp", "media/never.webp"])
    with pytest.raises(NotFound):
        files.get("media/a.webp")
