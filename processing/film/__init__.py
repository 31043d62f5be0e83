"""Whole films: read, changed frame by frame, and written, with a few frames in memory."""
