"""A stand-in for Replicate's HTTP API, and for the host that its outputs come from."""
