"""The doors: who is there, what they may do, and how often."""
