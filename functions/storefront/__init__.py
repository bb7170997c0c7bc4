"""Functions of the storefront context."""
