"""What operators see: how often, how long and how dear; of all users together, and of nobody."""
