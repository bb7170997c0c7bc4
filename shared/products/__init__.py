"""The products context: pure model, ports, adapters."""
