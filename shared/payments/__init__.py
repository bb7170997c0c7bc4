"""The payments context: pure model, ports, adapters."""
