"""GET /admin/imports/{import_id}: how far an import has come."""

from typing import Annotated

from shared.kernel.errors import NotFound
from shared.kernel.ids import ImportId
from shared.products.imports import ImportView
from shared.products.mongo_imports import MongoImports
from shared.products.ports import Imports
from shared.runtime.declare import http
from shared.runtime.identity import Access


@http("GET", "/admin/imports/{import_id}", access=Access.ADMIN)
def get_import(import_id: ImportId, imports: Annotated[Imports, MongoImports]) -> ImportView:
    """How many rows of an import created, updated or failed, and what was wrong with them."""
    item = imports.get(import_id)
    if item is None:
        raise NotFound("There is no such import.")
    return item.view()
