"""Functions of the products context."""
