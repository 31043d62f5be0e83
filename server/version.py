"""Who we are."""

from typing import Final

SERVICE_NAME: Final = "hair-tryOn-service"
VERSION: Final = "0.1.0"
