"""Fuzzing: ``python -m tests.fuzz``. The parsers in this process, and the service as a whole."""
