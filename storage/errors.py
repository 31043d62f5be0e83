"""How storages fail."""


class StorageError(Exception):
    """The storage could not do what was asked."""

    def __init__(self, detail: str = "") -> None:
        """``detail`` is a code or a version, never something that a user has sent."""
        text = type(self).__doc__ or type(self).__name__
        super().__init__(f"{text} ({detail})" if detail else text)


class StorageFailed(StorageError):
    """The storage failed."""


class StorageClosed(StorageError):
    """The storage has been closed."""


class StorageNewer(StorageError):
    """The database was written by a newer version of the server, which has to be used."""


class StorageUnsuitable(StorageError):
    """The storage cannot be used as it is set up."""


class SessionOwnedByOther(StorageError):
    """The session belongs to another user."""


class UploadGone(StorageError):
    """The upload is not there any more."""


class DataErased(StorageError):
    """The user's data were erased meanwhile."""


class QueueFull(StorageError):
    """There are as many unfinished results as there may be."""


class UserQueueFull(StorageError):
    """The user has as many unfinished results as one may have."""


class VideosSpent(StorageError):
    """The user has ordered as many videos in this month as one may."""


class BudgetSpent(StorageError):
    """The month's budget of all users is spent."""


class UserBudgetSpent(StorageError):
    """The user's budget of the month is spent."""


class KeyReused(StorageError):
    """The idempotency key was used for another request."""


class FileMissing(StorageError):
    """There is no such file."""


class FileDamaged(StorageError):
    """The file is not what was written, or was written with a key that is not known."""


class KeysUnusable(StorageError):
    """The keys that files are encrypted with cannot be used."""
