"""The page /admin/imports: a form for a file, and the latest imports."""

from dataclasses import dataclass
from typing import Annotated

from shared.products.imports import ImportView
from shared.products.mongo_imports import MongoImports
from shared.products.ports import Imports
from shared.runtime.declare import page
from shared.runtime.identity import Access

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentImports:
    """The latest imports, the newest first."""

    items: list[ImportView]


@page("/admin/imports", access=Access.ADMIN)
def show_imports(imports: Annotated[Imports, MongoImports]) -> RecentImports:
    """A form for an import file, and the latest imports."""
    return RecentImports(items=[item.view() for item in imports.recent(_SHOWN)])
