"""The service as a process of its own, with closed doors, under clients that send anything."""
