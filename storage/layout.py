"""The folders and files of an embedded store, as they are named in its data directory."""

from typing import Final

DATABASE_FILE: Final = "hair-tryon.sqlite3"
OBJECTS_FOLDER: Final = "objects"
KEY_FILE: Final = "file-keys"
SIDECARS: Final = tuple(f"{DATABASE_FILE}{suffix}" for suffix in ("-wal", "-shm", "-journal"))
"""What SQLite keeps beside a database that is in use, or was when its process was killed: content
of that one, which would be played into any other of the name."""
