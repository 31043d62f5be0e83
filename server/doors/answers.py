"""The documents about who asks."""

from pydantic import Field

from server.answers import Answer


class CallerAnswer(Answer):
    """Whom the server takes the caller for."""

    user_id: str | None = Field(description="Null in a demo: whoever asks chooses one.")
    is_admin: bool = Field(description="They may act for all users.")


class TicketAnswer(Answer):
    """Good once, for so many seconds."""

    ticket: str
    expires_in: int
