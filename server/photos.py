"""A photo with the hair changed, while the client waits: nothing of it is kept."""

from aiohttp import web
from pydantic import ConfigDict

from media.frame import Picture
from processing.look import Look, LookValues
from server.cut_form import CUT_SCHEMA, CutForm
from server.doors.consent import check_consent
from server.doors.entrance import sender_of
from server.form_fields import LOOK_FIELDS, FormFile, LookForm
from server.forms import FormLimits, receive_form
from server.keys import PHOTOS_COMING, SERVICES
from server.making import make
from server.picture_answer import PictureAnswer
from server.studio import PHOTO, Studio
from server.styles.worn import with_style


class TryOnForm(LookForm, CutForm):
    """What ``POST try-on`` takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [name]} for name in (*LOOK_FIELDS, "haircut")],
            **CUT_SCHEMA,
        }
    )

    image: FormFile


async def try_on(request: web.Request) -> web.Response:
    """``POST /api/hair-tryOn/try-on``: the photo in the form, full size, with the hair changed."""
    services = request.app[SERVICES]
    settings, now_s = services.settings, services.clock.monotonic
    answer, studio = PictureAnswer.to(request, now_s()), Studio(services)
    limits = FormLimits(settings.max_photo_bytes, settings.body_timeout_s)
    with request.app[PHOTOS_COMING].one(sender_of(request)):
        async with receive_form(request, TryOnForm, limits, services.workspace) as sent:
            sent.check_cut()
            form = await with_style(sent, sent.user_id, services)
            made = await make(request, studio, form, lambda: _sitting(studio, form))
            await check_consent(request, form.user_id)  # it may have been withdrawn meanwhile
            data = await answer.coded(studio, made)
    return answer.reply(data, made, now_s())


async def _sitting(studio: Studio, form: TryOnForm) -> tuple[Picture, Look]:
    """The photo and the look. Raises RequestRefused."""
    values, has_name = form.look or LookValues(), form.haircut is not None
    look = await studio.look(values, *form.photos, may_be_empty=has_name)
    return await studio.picture(PHOTO, form.image.data), look
