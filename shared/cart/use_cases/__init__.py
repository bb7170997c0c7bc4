"""What people and events do with carts."""
