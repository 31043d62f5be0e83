"""Training of the networks in ``processing/models``: never imported at run time."""
