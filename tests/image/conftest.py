import os
from collections.abc import Iterator

import pytest

from localdev.engines import mongodb
from localdev.engines.place import Place
from tests.image.container import Image
from tests.image.engine import usual_engine


@pytest.fixture(scope="session")
def image() -> Image:
    tag, base = (os.environ.get(name, "") for name in ("POPSHOP_IMAGE", "POPSHOP_IMAGE_BASE"))
    if not tag:
        pytest.skip("`nox -s image` builds the image and tests it")
    engine = usual_engine()
    assert engine
    return Image(engine, tag, base)


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database server on loopback, which a container reaches on the host's network."""
    place = Place(tmp_path_factory.mktemp("mongo"), os.environ, print)
    place.prepare()
    server = mongodb.mongod(place) or mongodb.secantusdb(place)
    yield server.url
    server.stop()
