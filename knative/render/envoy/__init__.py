"""The gateway: Envoy's static configuration, with placeholders for addresses and files."""
