"""What stands between a function and the platform: parsing, identity, events, answers."""
