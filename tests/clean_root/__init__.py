"""The image without an engine for images: its recipe's commands, one by one, in a clean root."""
