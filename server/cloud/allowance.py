"""Whether somebody's pictures may be in the cloud: asked before each step, as it can change."""

from typing import Protocol


class Allowance(Protocol):
    """For something that a user has asked for. See Permission and JobAllowance."""

    @property
    def user_id(self) -> str:
        """Whose pictures they are."""
        ...

    async def check(self) -> None:
        """Raises CloudFault (no consent) where they may not, or not any more."""
        ...
