"""What the service offers by HTTP, told to programs and to people."""
