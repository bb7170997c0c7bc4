"""The vocabulary of every context; standard library only."""
