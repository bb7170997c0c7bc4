"""The auth context: pure model, ports, adapters."""
