"""Styles in the place of style photos."""

from typing import TypeVar

from server.errors import ClientError
from server.form_fields import FormFile, LookForm
from server.replies import RequestRefused, storage_refusal
from server.services import Services
from server.styles.owned import own_style, style_photo
from storage.errors import StorageError

F = TypeVar("F", bound=LookForm)


async def with_style(form: F, user_id: str, services: Services) -> F:
    """The form with the photo of the user's style that it names, as if it had come with it.

    Raises RequestRefused (404), and StorageError.
    """
    if form.style_id is None:
        return form
    photo = await style_photo(services, await own_style(services, form.style_id, user_id))
    style_image = FormFile("style.jpg", "image/jpeg", photo)
    return form.model_copy(update={"style_image": style_image, "style_id": None})


async def live_style(services: Services, style_id: str, user_id: str) -> bytes:
    """The photo of the user's style, for a live session. Raises ClientError."""
    try:
        return await style_photo(services, await own_style(services, style_id, user_id))
    except StorageError as error:
        refused = storage_refusal(error)
    except RequestRefused as error:
        refused = error
    raise ClientError(refused.code, refused.message)
