"""The orders context: pure model, ports, adapters."""
