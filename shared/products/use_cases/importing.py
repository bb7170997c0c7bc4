"""Works an import off by chunks; a repeated chunk changes nothing and is counted once."""

from dataclasses import dataclass, replace

from shared.contracts.products import ImportChunked, ProductState
from shared.kernel.clock import Clock
from shared.kernel.errors import NotFound
from shared.kernel.ids import ImportId, ProductId, new_id
from shared.products.imports import CHUNK_BYTES, DONE, Chunk, Import, Outcome, next_chunk
from shared.products.model import (
    ImportMark,
    Product,
    new_product,
    next_version,
    with_details,
    with_stock,
)
from shared.products.ports import Files, Imports, Products
from shared.products.rows import ImportRow, RowError, read_row
from shared.products.use_cases.editing import TRIES, busy
from shared.products.use_cases.telling import state_of


@dataclass(frozen=True, slots=True)
class Importer:
    """Takes chunks of import files into the products."""

    products: Products
    imports: Imports
    files: Files
    clock: Clock

    def take(self, asked: ImportChunked) -> bool:
        """The chunk at the asked offset of a lane, unless the lane has moved on.

        Whether the whole import ended with it.
        """
        item = self.imports.get(ImportId(asked.import_id))
        if item is None or item.failure or asked.lane >= len(item.lanes):
            return False
        lane = item.lanes[asked.lane]
        if lane.offset != asked.offset or lane.has_ended:
            return False
        length = min(CHUNK_BYTES, lane.end - lane.offset)
        try:
            window = self.files.get(item.key, lane.offset, length)
        except NotFound:
            self.imports.fail(item, "the file is gone; send it again", self.clock.now())
            return False
        chunk = next_chunk(asked.lane, lane, window, item.format)
        outcome = self._outcome(item, chunk)
        if not self.imports.advance(item, chunk, outcome, self.clock.now()):
            return False
        after = self.imports.get(item.id) if chunk.after.has_ended else None
        return after is not None and after.status == DONE

    def _outcome(self, item: Import, chunk: Chunk) -> Outcome:
        rows: list[ImportRow] = []
        errors: list[RowError] = []
        for number, record in chunk.records:
            read = read_row(number, record, item.columns)
            if isinstance(read, ImportRow):
                rows.append(read)
            else:
                errors.extend(read)
        products = self._apply(item, rows)
        created = sum(
            product.created_by == ImportMark(import_id=item.id, row=row.number)
            for row, product in zip(rows, products, strict=True)
        )
        return Outcome(
            created=created,
            updated=len(rows) - created,
            failed=len(chunk.records) - len(rows),
            errors=errors,
            products=_states(products),
        )

    def _apply(self, item: Import, rows: list[ImportRow]) -> list[Product]:
        """The product after each row."""
        after: dict[int, Product] = {}
        left = rows
        while left:
            turn = {row.sku: row for row in reversed(left)}  # the first row of every SKU
            for sku, product in self._take_turn(item, turn).items():
                after[turn[sku].number] = product
            left = [row for row in left if row.number not in after]
        return [after[row.number] for row in rows]

    def _take_turn(self, item: Import, rows: dict[str, ImportRow]) -> dict[str, Product]:
        """Applies rows of different SKUs at once; those that lose a race look again."""
        done: dict[str, Product] = {}
        for _ in range(TRIES):
            left = {sku: row for sku, row in rows.items() if sku not in done}
            if not left:
                return done
            known = self.products.by_skus(left)
            after = {sku: self._after(item, row, known.get(sku)) for sku, row in left.items()}
            new = [(known.get(sku), one) for sku, one in after.items() if one is not known.get(sku)]
            stored = self.products.store_untold(new)
            done |= {
                sku: one for sku, one in after.items() if one is known.get(sku) or one.id in stored
            }
        raise busy()

    def _after(self, item: Import, row: ImportRow, known: Product | None) -> Product:
        """The product after the row; as it is when this or a later row was applied before."""
        mark = ImportMark(import_id=item.id, row=row.number)
        if known is None:
            return self._new(item, row, mark)
        return known if _was_applied(known, mark) else self._changed(item, row, known, mark)

    def _new(self, item: Import, row: ImportRow, mark: ImportMark) -> Product:
        made = new_product(ProductId(new_id()), row.details, row.stock, item.by, self.clock.now())
        return replace(made, created_by=mark, imported=mark)

    def _changed(self, item: Import, row: ImportRow, known: Product, mark: ImportMark) -> Product:
        """One version on, whether or not the row says anything new: the mark must stay."""
        after = with_stock(with_details(known, row.details), row.stock, item.by, self.clock.now())
        return next_version(replace(after, imported=mark, version=known.version))


def _states(products: list[Product]) -> list[ProductState]:
    """The newest state of each product."""
    newest = {product.id: product for product in products}
    return [state_of(product, ProductState) for product in newest.values()]


def _was_applied(product: Product, mark: ImportMark) -> bool:
    last = product.imported
    return last is not None and last.import_id == mark.import_id and last.row >= mark.row
