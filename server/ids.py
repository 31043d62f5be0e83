"""What ids look like."""

import re
from typing import Final

SESSION_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
USER_ID: Final = re.compile(r"[A-Za-z0-9_.@:+|-]{1,128}")
USER_ID_IS: Final = "is 1 to 128 letters, digits or any of - _ . @ : + |"
"""As auth services make them: `auth0|5f7c8ec7`, an address, a number."""
IDEMPOTENCY_KEY: Final = re.compile(r"[!-~]{1,255}")
"""As clients choose them, for requests that may be sent again."""
