"""The form that a film's change is ordered by."""

from typing import Annotated, Final

from pydantic import BeforeValidator, ConfigDict, Field

from server.cut_form import CutForm
from server.form_fields import LOOK_FIELDS, LookForm, invalid
from server.settings import Settings


def _number(text: object) -> object:
    try:
        return float(text) if isinstance(text, str) else text
    except ValueError:
        raise ValueError("is no number") from None


def _yes_or_no(text: object) -> object:
    known = {"true": True, "1": True, "false": False, "0": False}
    if isinstance(text, str) and text.lower() in known:
        return known[text.lower()]
    raise ValueError("is neither true nor false")


class OrderForm(LookForm, CutForm):
    """What ``POST process-video`` takes."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [name]} for name in (*LOOK_FIELDS, "haircut")]}
    )

    upload_id: Annotated[str, Field(max_length=64)]
    max_keyframes: Annotated[int, Field(ge=1)] | None = None
    sampling_rate: Annotated[
        Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None, BeforeValidator(_number)
    ] = None
    stabilize: Annotated[bool, BeforeValidator(_yes_or_no)] = False
    webhook_url: str | None = None

    def keyframes(self, settings: Settings) -> int | None:
        """How many the cloud may cut; None: it is not asked. Raises RequestRefused (422)."""
        self.check_cut()
        if self.engine == "cloud":
            return most_keyframes(self.max_keyframes, settings)
        if self.max_keyframes is not None:
            raise invalid(_MAX_KEYFRAMES, "hair is cut with engine=cloud only", closes=False)
        return None


_MAX_KEYFRAMES: Final = "max_keyframes"


def most_keyframes(wanted: int | None, settings: Settings) -> int:
    """How many the cloud may cut of a film. Raises RequestRefused (422)."""
    most = settings.cloud_keyframes
    if wanted is not None and wanted > most:
        raise invalid(_MAX_KEYFRAMES, f"{most} at most", closes=False)
    return wanted or most
