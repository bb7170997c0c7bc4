"""Event types, one module per producing context: the contexts' only common vocabulary."""
