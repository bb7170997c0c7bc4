"""Functions of the ops context."""
