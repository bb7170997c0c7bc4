"""The cart context: pure model, ports, adapters."""
