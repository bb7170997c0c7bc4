"""The ops context: pure model, ports, adapters."""
