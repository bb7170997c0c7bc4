"""Functions of the auth context."""
