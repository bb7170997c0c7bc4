"""Works an import off by chunks; a repeated chunk changes nothing and is counted once."""

from dataclasses import dataclass, replace

from shared.contracts.products import ImportChunked
from shared.kernel.clock import Clock
from shared.kernel.errors import NotFound
from shared.kernel.ids import ImportId, ProductId, new_id
from shared.products.imports import CHUNK_BYTES, DONE, Chunk, Import, Outcome, next_chunk
from shared.products.model import (
    ImportMark,
    Product,
    SkuTaken,
    new_product,
    next_version,
    with_details,
    with_stock,
)
from shared.products.ports import Files, Imports, Products
from shared.products.rows import ImportRow, RowError, read_row
from shared.products.use_cases.editing import TRIES, busy


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
        known = self.products.by_skus(row.sku for row in rows)
        created = 0
        for row in rows:
            product = self._apply(item, row, known.get(row.sku))
            known[row.sku] = product
            created += product.created_by == ImportMark(import_id=item.id, row=row.number)
        return Outcome(
            created=created,
            updated=len(rows) - created,
            failed=len(chunk.records) - len(rows),
            errors=errors,
        )

    def _apply(self, item: Import, row: ImportRow, known: Product | None) -> Product:
        """The product after the row; as it is when this or a later row was applied before."""
        mark = ImportMark(import_id=item.id, row=row.number)
        for _ in range(TRIES):
            if known is None:
                fresh = self._new(item, row, mark)
                try:
                    self.products.add(fresh)
                except SkuTaken:
                    known = self.products.by_skus([row.sku]).get(row.sku)
                    continue
                return fresh
            if _was_applied(known, mark):
                return known
            changed = self._changed(item, row, known, mark)
            if self.products.save(known, changed):
                return changed
            known = self.products.by_skus([row.sku]).get(row.sku)
        raise busy()

    def _new(self, item: Import, row: ImportRow, mark: ImportMark) -> Product:
        made = new_product(ProductId(new_id()), row.details, row.stock, item.by, self.clock.now())
        return replace(made, created_by=mark, imported=mark)

    def _changed(self, item: Import, row: ImportRow, known: Product, mark: ImportMark) -> Product:
        """One version on, whether or not the row says anything new: the mark must stay."""
        after = with_stock(with_details(known, row.details), row.stock, item.by, self.clock.now())
        return next_version(replace(after, imported=mark, version=known.version))


def _was_applied(product: Product, mark: ImportMark) -> bool:
    last = product.imported
    return last is not None and last.import_id == mark.import_id and last.row >= mark.row
