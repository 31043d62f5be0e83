"""Pixels, clocks, queues and codecs. Knows nothing of hair, HTTP or databases."""
