"""The form that a film's change is ordered by."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from server.cut_form import CUT_SCHEMA, CutForm, Engine, check_cut
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


def keyframes_of(
    engine: Engine, haircut: str | None, wanted: int | None, settings: Settings
) -> int | None:
    """How many the cloud may cut; None: it is not asked. Raises RequestRefused (422)."""
    check_cut(engine, haircut)
    most = settings.cloud_keyframes
    if engine == "cloud" and (wanted is None or wanted <= most):
        return wanted or most
    if wanted is None:
        return None
    what = f"{most} at most" if engine == "cloud" else "goes with engine=cloud only"
    raise invalid("max_keyframes", what, closes=False)


class OrderForm(LookForm, CutForm):
    """What ``POST process-video`` takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [name]} for name in (*LOOK_FIELDS, "haircut")],
            **CUT_SCHEMA,
        }
    )

    upload_id: Annotated[str, Field(max_length=64)]
    max_keyframes: Annotated[int, Field(ge=1)] | None = None
    sampling_rate: Annotated[
        Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None, BeforeValidator(_number)
    ] = None
    stabilize: Annotated[bool, BeforeValidator(_yes_or_no)] = False
    webhook_url: str | None = None

    def keyframes(self, settings: Settings) -> int | None:
        """See keyframes_of."""
        return keyframes_of(self.engine, self.haircut, self.max_keyframes, settings)
