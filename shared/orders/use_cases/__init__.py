"""What carts, people and events do with orders."""
