"""What is said of fields that are wrong."""

import pytest

from server.errors import ErrorCode
from server.estimates import EstimateQuery
from server.form_fields import checked
from server.ids import USER_ID_IS
from server.replies import RequestRefused


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ({"user_id": "u 1"}, ErrorCode.INVALID_USER_ID, f"user_id: {USER_ID_IS}"),
        ({"user_id": "u1\n"}, ErrorCode.INVALID_USER_ID, f"user_id: {USER_ID_IS}"),
        (
            {"user_id": "u1", "engine": "cloud", "haircut": "B1"},
            ErrorCode.VALIDATION_FAILED,
            "haircut: begins with a letter, and is letters, blanks or any of , ' & -",
        ),
    ],
)
def test_each_field_has_words_of_its_own(
    values: dict[str, str], code: ErrorCode, words: str
) -> None:
    """For text that does not look like it."""
    with pytest.raises(RequestRefused) as caught:
        checked(EstimateQuery, values)
    assert (caught.value.code, caught.value.message) == (code, words)
