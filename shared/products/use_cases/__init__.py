"""What is done with products, over several steps."""
