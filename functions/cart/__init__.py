"""Functions of the cart context."""
