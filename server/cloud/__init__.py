"""The cloud engine in this service: who may use it, what it costs, and what is done without it."""
