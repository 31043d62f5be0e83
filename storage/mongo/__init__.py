"""The contract of `storage.database`, kept by MongoDB."""
