"""Taking over from an edited picture its hair, and nothing else."""
