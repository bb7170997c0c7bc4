from knative.indexes import declared_indexes, main, variable_of
from shared.runtime.mongo import Index


def test_every_context_with_a_database_declares_indexes():
    declared = declared_indexes()
    assert "runtime" not in declared
    for context in ("auth", "cart", "products"):
        assert declared[context]
        assert all(isinstance(index, Index) for index in declared[context])


def test_a_missing_address_is_named_before_anything_is_made(capsys):
    environ = {variable_of(context): "mongodb://nowhere.invalid" for context in declared_indexes()}
    del environ["MONGO_URL_CART"]
    assert main(environ) == 1
    assert "set MONGO_URL_CART" in capsys.readouterr().err
