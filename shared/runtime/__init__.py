"""What stands between a function and the platform: declarations, parsing, identity, events, answers."""
