"""What programs and people should know before they send anything."""

from aiohttp import web

from processing.cloud.catalogue import Catalogue
from server.about_answers import AboutAnswer, CloudAnswer, KeptAnswer, LimitsAnswer
from server.consent_documents import ConsentNeededAnswer
from server.keys import SALON, SERVICES
from server.version import VERSION


async def about(request: web.Request) -> web.Response:
    """``GET /api/hair-tryOn/about``: whether this is a demo, where people sign in, the limits, how
    long what is kept, what is to be agreed to, and who cuts hair."""
    services = request.app[SERVICES]
    settings, agreement = services.settings, services.agreement
    return AboutAnswer(
        version=VERSION,
        is_demo=settings.is_open,
        sign_in_url=settings.sign_in_url or None,
        limits=LimitsAnswer(
            max_photo_bytes=settings.max_photo_bytes,
            max_picture_px=settings.max_picture_px,
            max_video_bytes=settings.max_video_bytes,
            max_video_s=settings.max_video_s,
            max_video_px=settings.max_video_px,
            uploads_per_hour=settings.uploads_per_hour,
            calls_per_hour=settings.calls_per_hour,
            max_user_sessions=settings.max_user_sessions,
        ),
        kept_s=KeptAnswer(
            uploads=settings.keep_uploads_s,
            results=settings.keep_results_s,
            photos=settings.keep_photos_s,
            sessions=settings.keep_sessions_s,
        ),
        consent=ConsentNeededAnswer.of(agreement.notice, is_needed=agreement.is_needed),
        cloud=_cloud(request.app[SALON].catalogue, settings.cloud_keyframes),
    ).reply()


def _cloud(catalogue: Catalogue | None, max_keyframes: int) -> CloudAnswer | None:
    return None if catalogue is None else CloudAnswer.of(catalogue, max_keyframes)
