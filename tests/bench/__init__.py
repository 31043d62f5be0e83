"""The benchmark: servers, a load generator and scenarios, each server in a process of its own."""
