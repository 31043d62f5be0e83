"""Who comes: users with tokens of their own, so that no limit of one user keeps the load away."""

import time
import uuid
from dataclasses import dataclass
from typing import Final

from tests.tokens import AUDIENCE, ISSUER, SECRET, token

LASTS_S: Final = 4 * 3600
SETTINGS: Final[dict[str, str | float]] = {
    "jwt_secret": SECRET,
    "jwt_issuer": ISSUER,
    "jwt_audience": AUDIENCE,
}
"""Of a service that lets them in."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whom the service has not seen before."""

    user_id: str
    headers: dict[str, str]

    @classmethod
    def new(cls) -> "Visitor":
        """Another one each time."""
        user_id = f"visitor-{uuid.uuid4()}"
        signed = token(user_id, exp=int(time.time()) + LASTS_S)
        return cls(user_id, {"Authorization": f"Bearer {signed}"})
