"""The look of a few edited frames carried over all of a film."""
