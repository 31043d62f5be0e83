"""Films changed in the background: a queue, who works on it, and who is told of the end."""
