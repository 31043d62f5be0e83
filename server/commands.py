"""Chores besides serving: ``run.py backup FILE``, ``restore FILE``, ``reconcile``, ``reconcile
remove``, ``new-key USER_ID`` and ``new-key USER_ID --signing``."""

from pathlib import Path

from media.clock import SystemClock
from server.doors.api_keys import digest_of, new_key
from server.doors.signing import new_secret
from server.ids import USER_ID, USER_ID_IS
from server.logs import pseudonym
from server.settings import Settings
from server.stores import opened_stores
from storage.backup import BackupError, Copied, make_backup
from storage.errors import StorageError
from storage.layout import DATABASE_FILE
from storage.reconciler import Reconciler
from storage.restore import restore_backup


class CommandFailed(Exception):
    """A command could not be done; the text says why."""


def backup(settings: Settings, target: Path) -> str:
    """Copy the embedded store to a new file, while the service runs or not; what was done.

    Raises CommandFailed.
    """
    _check_embedded(settings)
    try:
        copied = make_backup(settings.data_dir, target, has_local_files=not settings.files_url)
    except (BackupError, OSError) as error:
        raise CommandFailed(f"no backup was made: {_why(error)}") from None
    return f"{target}: {_told(settings, copied)}"


def restore(settings: Settings, source: Path) -> str:
    """Bring a backup back into an empty data directory; what was done. Raises as ``backup``."""
    _check_embedded(settings)
    try:
        copied = restore_backup(source, settings.data_dir)
    except (BackupError, StorageError, OSError) as error:
        raise CommandFailed(f"nothing was restored: {_why(error)}") from None
    return f"{settings.data_dir}: {_told(settings, copied)}"


async def reconcile(settings: Settings, *, remove: bool = False) -> str:
    """Compare files with records, while the service runs or not; what was found. To ``remove``,
    the service's next sweep removes the files that no record names; else nothing changes.

    Raises CommandFailed, and SettingsInvalid where a store cannot be had.
    """
    _check_there(settings)
    clock = SystemClock()
    try:
        async with opened_stores(settings, clock) as stores:
            reconciler = Reconciler(stores.database, stores.files, clock.utc_now)
            found = await reconciler.reconcile(remove=remove)
    except StorageError as error:
        raise CommandFailed(f"the comparison was broken off: {error}") from None
    fate = "to be removed by the service's next sweep" if remove else "left as they are"
    lines = [f"{found.files} files, and {found.records} that records name"]
    for text, kind in (
        (f"files without a record, {fate}", found.orphans),
        ("records without their file", found.missing),
    ):
        lines.append(f"{text}: {kind.count}")
        # A file's name is as good as a key to it.
        lines += [f"  {pseudonym(name)}" for name in kind.names]
    return "\n".join(lines)


def make_key(user_id: str) -> str:
    """A key for an enterprise, and what the settings need to know of it. Raises CommandFailed."""
    _check_enterprise(user_id)
    key = new_key()
    return f"key, for them alone: {key}\napi_keys, among others: {user_id}={digest_of(key)}"


def make_secret(user_id: str) -> str:
    """The same for one that signs its requests, who share a secret with the settings."""
    _check_enterprise(user_id)
    secret = new_secret()
    told = f"secret, for them and for the settings alone: {secret}"
    return f"{told}\nsigning_keys, among others: {user_id}={secret}"


def _check_enterprise(user_id: str) -> None:
    # A flag in its place is a slip: somebody may be looking for help.
    if user_id.startswith("-") or not USER_ID.fullmatch(user_id):
        raise CommandFailed(f"run.py new-key USER_ID: an enterprise's id {USER_ID_IS}, no - first")


def _check_embedded(settings: Settings) -> None:
    if settings.mongodb_uri.get_secret_value():
        raise CommandFailed("the database is MongoDB: use its own tools, as mongodump")


def _check_there(settings: Settings) -> None:
    """Who names a wrong folder is told so: to open it would make a store there."""
    is_embedded = not settings.mongodb_uri.get_secret_value()
    if is_embedded and not (settings.data_dir / DATABASE_FILE).is_file():
        raise CommandFailed(f"there is no database in {settings.data_dir}")


def _told(settings: Settings, copied: Copied) -> str:
    text = f"{copied.files} files, {copied.size_bytes / 1e6:.1f} MB"
    if settings.files_url:
        text += "; the files in object storage are not part of it"
    # A file with keys is of no use beside those of the settings.
    if copied.has_keys and not settings.file_keys.get_secret_value():
        return f"{text}; the key to the files is in it: keep it as safe as they are"
    return f"{text}; the key to the files is not in it"


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
