"""Functions of the admin context."""
