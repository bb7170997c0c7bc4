"""Functions of the notifications context."""
