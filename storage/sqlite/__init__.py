"""The contract of `storage.database`, kept by SQLite: the database of a single server."""
