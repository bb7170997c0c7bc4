"""On import.chunked: takes the next rows of an import file into the products."""

from typing import Annotated

from shared.contracts.products import ImportChunked
from shared.kernel.clock import Clock, SystemClock
from shared.products.mongo import MongoProducts
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.mongo_imports import MongoImports
from shared.products.objects import StoredFiles
from shared.products.ports import Catalogue, Files, Imports, Products
from shared.products.use_cases.importing import Importer
from shared.runtime.declare import on


@on(ImportChunked)
def import_chunk(
    chunk: ImportChunked,
    products: Annotated[Products, MongoProducts],
    imports: Annotated[Imports, MongoImports],
    files: Annotated[Files, StoredFiles],
    catalogue: Annotated[Catalogue, MongoCatalogue],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Creates or updates the products of a chunk's rows and asks for the next chunk."""
    if Importer(products, imports, files, clock).take(chunk):
        catalogue.condense()
