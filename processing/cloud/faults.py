"""Why the cloud did not edit a picture, and what follows from it."""

from enum import StrEnum, auto


class FallbackReason(StrEnum):
    """Why the local engine did what the cloud was asked for."""

    NO_TOKEN = auto()
    """The service has no account there."""
    NO_CONSENT = auto()
    """The user has not agreed that pictures leave the service."""
    UNSUITED = auto()
    """No model does what is asked for, or the model does not take it so."""
    BREAKER_OPEN = auto()
    """It failed too often a moment ago."""
    BUDGET_SPENT = auto()
    """The month's money is spent."""
    TOO_BUSY = auto()
    """Too many ask at the same time, here or there."""
    DENIED = auto()
    """The token is not taken, or the account has no credit."""
    UNAVAILABLE = auto()
    """The service cannot be reached, or does not do its work."""
    TIMED_OUT = auto()
    """It took too long."""
    FAILED = auto()
    """The model gave up, or somebody made it."""
    REFUSED = auto()
    """The model holds the picture, or what came of it, to be indecent."""
    BAD_OUTPUT = auto()
    """What came back is no picture of this photo."""


class CloudFault(Exception):
    """The cloud did not edit the picture. The text is for the log and names no user's data.

    ``can_retry``: the same call may be made again, and nothing is paid twice; not before
    ``retry_after_s``, if that is known. ``is_counted``: it speaks against the service as a whole
    and counts for its breaker. ``may_be_billed``: it has cost money, or nobody knows.
    """

    def __init__(
        self,
        reason: FallbackReason,
        text: str,
        *,
        can_retry: bool = False,
        retry_after_s: float | None = None,
        is_counted: bool = False,
        may_be_billed: bool = False,
    ) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason = reason
        self.can_retry = can_retry
        self.retry_after_s = retry_after_s
        self.is_counted = is_counted
        self.may_be_billed = may_be_billed


def bad_output(text: str) -> CloudFault:
    """A prediction that ended well, and gave what cannot be used: that is the model's fault, or
    the photo's, and the service does its work."""
    return CloudFault(FallbackReason.BAD_OUTPUT, text)
