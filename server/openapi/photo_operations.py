"""What the addresses of photos and snapshots do."""

from typing import Final

from server.keys import PHOTOS_COMING
from server.openapi.operation import Media, Operation
from server.openapi.operations import SessionPath
from server.photos import TryOnForm
from server.snapshots import SnapshotForm

PHOTO: Final = Media(("image/jpeg", "image/png", "image/webp"), "The picture, changed.")

TRY_ON: Final = Operation(
    "Photos",
    "Change the hair in a photo",
    {200: PHOTO},
    errors=(404, 406, 409),
    form=TryOnForm,
    notes="Synchronous; nothing is kept. At least one of `look`, `style_image` or `style_id`, "
    "`color_image` and `haircut`. What the cloud does not do is done here; `X-Fallback` says why.",
    places=PHOTOS_COMING,
    needs_consent=True,
)
SNAPSHOT: Final = Operation(
    "Live",
    "A snapshot of a live session in full quality",
    {200: PHOTO},
    errors=(404, 406, 409),
    path=SessionPath,
    form=SnapshotForm,
    notes="The next frame, in the size in which the client sends it, with what the session wears; "
    "one of a session at a time. Synchronous; nothing is kept. What the cloud does not do is done "
    "here; `X-Fallback` says why.",
    places=PHOTOS_COMING,
    needs_consent=True,
    at_session=True,
)
