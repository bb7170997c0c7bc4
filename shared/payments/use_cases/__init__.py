"""What payments does: starting, settling and refunding, over its ports."""
