"""One file per deployable function, grouped by context."""
