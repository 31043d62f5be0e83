"""The document that tells of the service before anything is sent to it."""

from pydantic import Field

from server.answers import Answer
from server.consent_documents import ConsentNeededAnswer


class LimitsAnswer(Answer):
    """What may be sent by HTTP, and how often. Live sessions are told theirs when they begin."""

    max_photo_bytes: int
    max_picture_px: int = Field(description="Of a photo: width x height.")
    max_video_bytes: int
    max_video_s: float
    max_video_px: int = Field(description="Of a video's pictures: width x height.")
    uploads_per_hour: int = Field(description="Of one user's, within any hour, as all calls.")
    calls_per_hour: int = Field(description="Those that create, list or change something.")
    max_user_sessions: int = Field(description="Live sessions of one user at once.")


class KeptAnswer(Answer):
    """How many seconds what is kept, unless its user erases it before."""

    uploads: float
    results: float = Field(description="Changed videos, and styles.")
    photos: float = Field(description="Those that go with a video.")
    sessions: float = Field(description="What is known of a live session, after its end.")


class AboutAnswer(Answer):
    """The service, before anything is sent to it."""

    version: str
    is_demo: bool = Field(description="Everybody is whoever they say they are.")
    sign_in_url: str | None = Field(description="Where people sign in, if it is known.")
    limits: LimitsAnswer
    kept_s: KeptAnswer
    consent: ConsentNeededAnswer
