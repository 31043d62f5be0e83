"""What forms say of who changes a picture: this server, or the cloud, which can cut hair, too."""

import re
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field

from server.form_fields import Form, UserId, invalid

_HAIRCUT: Final = re.compile(r"[A-Za-z][A-Za-z ,'&-]*")


def _is_haircut(text: str) -> str:
    if not _HAIRCUT.fullmatch(text):
        raise ValueError("begins with a letter, and is letters, blanks or any of , ' & -")
    return text


Haircut: TypeAlias = Annotated[
    str,
    Field(max_length=64, json_schema_extra={"pattern": f"^{_HAIRCUT.pattern}$"}),
    AfterValidator(_is_haircut),
]
"""A haircut's name, as the model knows it."""
CUT_SCHEMA: Final[dict[str, Any]] = {
    "dependentSchemas": {
        "haircut": {"properties": {"engine": {"const": "cloud"}}, "required": ["engine"]}
    }
}
"""What ``check_cut`` looks for."""


Engine: TypeAlias = Literal["local", "cloud"]
"""Who is to make a picture."""


def check_cut(engine: Engine, haircut: str | None) -> None:
    """Raises RequestRefused (422)."""
    if haircut is not None and engine == "local":
        raise invalid("haircut", "hair is cut with engine=cloud only", closes=False)


class CutForm(Form):
    """A form for a picture that is made at once."""

    model_config = ConfigDict(json_schema_extra=CUT_SCHEMA)

    user_id: UserId
    engine: Engine = "local"
    haircut: Haircut | None = None

    def check_cut(self) -> None:
        """As the function."""
        check_cut(self.engine, self.haircut)
