"""What events, people and sockets do with notifications and mail."""
