"""What REST requests need besides stores: places of which there are only so many, and signs."""

import asyncio

from aiohttp import web

from server.instances.passing import MOST_PASSED_ON, PASSED_ON, PASSED_ON_OF_ONE
from server.keys import (
    CLOSING,
    DOWNLOADS,
    ERASURES,
    EXPORTS,
    PHOTOS,
    PHOTOS_COMING,
    PHOTOS_WAITING,
    SCANNER,
    STYLES,
    UPLOADS,
    WATCHERS,
    WEBHOOKS,
)
from server.places import Places
from server.scanner import MalwareScanner
from server.settings import Settings

MOST_DOWNLOADS = 500
"""Each holds two megabytes, if its client is slow."""
COMING_SHARE = 4
"""So many times as many photos may be on their way as are worked on."""
SENDERS_SHARE, SENDERS_LEAST = 3, 2
"""One sender has a third of the places for what is on its way, and two at least."""
MOST_WATCHERS, WATCHERS_OF_ONE = 200, 20
"""So many watch results at once."""
STYLES_OF_ONE = 1
"""At once; what is asked for twice meanwhile would be paid twice."""
MOST_ERASURES, ERASURES_OF_ONE = 16, 4
"""At once; each asks the database again and again while workers let go."""
MOST_EXPORTS, EXPORTS_OF_ONE = 16, 2
"""At once; each holds some megabytes, and reads all of a user's files."""
WAITING_OF_ONE = 2
"""Photos, until what was ordered of the same before is there; each holds a picture."""
MOST_WEBHOOKS = 16
"""At once; each holds two megabytes."""


def furnish(app: web.Application, settings: Settings) -> None:
    """What REST requests need besides."""
    app[SCANNER] = MalwareScanner(settings.clamd)
    app[DOWNLOADS] = Places("downloads", MOST_DOWNLOADS)
    app[ERASURES] = Places("erasures", MOST_ERASURES, ERASURES_OF_ONE)
    app[EXPORTS] = Places("exports", MOST_EXPORTS, EXPORTS_OF_ONE)
    app[PHOTOS] = Places("photos", settings.max_photos)
    app[PHOTOS_COMING] = _shared("photos", COMING_SHARE * settings.max_photos)
    waiting = "photos that wait for the same one"
    app[PHOTOS_WAITING] = Places(waiting, COMING_SHARE * settings.max_photos, WAITING_OF_ONE)
    app[STYLES] = Places("styles", settings.cloud_places, STYLES_OF_ONE)
    app[UPLOADS] = _shared("uploads", settings.max_uploads)
    app[WATCHERS] = Places("watchers", MOST_WATCHERS, WATCHERS_OF_ONE)
    app[PASSED_ON] = Places("requests for other servers", MOST_PASSED_ON, PASSED_ON_OF_ONE)
    app[WEBHOOKS] = _shared("webhooks", MOST_WEBHOOKS)
    app[CLOSING] = asyncio.Event()


def _shared(what: str, count: int) -> Places:
    """Of which one sender, who may send as slowly as bodies may come, has a part."""
    return Places(what, count, max(SENDERS_LEAST, count // SENDERS_SHARE))
