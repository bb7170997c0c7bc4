"""The notifications context: pure model, ports, adapters."""
