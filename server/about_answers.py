"""The document that tells of the service before anything is sent to it."""

from pydantic import Field

from processing.cloud.catalogue import Catalogue
from server.answers import Answer
from server.consent_documents import ConsentNeededAnswer
from server.notice import PROCESSOR
from storage.spending import MICRO


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


class CloudAnswer(Answer):
    """Who changes haircuts, for those who have agreed to it."""

    processor: str = Field(description="Who does it.")
    max_usd_per_picture: float = Field(description="What a picture costs the service at most.")
    max_keyframes: int = Field(description="Frames of a video that are cut; at most.")
    haircuts: list[str] = Field(
        description="Names for `haircut`, as proposals: a model may know others, too."
    )

    @classmethod
    def of(cls, catalogue: Catalogue, max_keyframes: int) -> "CloudAnswer":
        """What is told of these models."""
        return cls(
            processor=PROCESSOR,
            max_usd_per_picture=catalogue.highest_price_micro_usd / MICRO,
            max_keyframes=max_keyframes,
            haircuts=list(catalogue.haircuts),
        )


class AboutAnswer(Answer):
    """The service, before anything is sent to it."""

    version: str
    is_demo: bool = Field(description="Everybody is whoever they say they are.")
    sign_in_url: str | None = Field(description="Where people sign in, if it is known.")
    limits: LimitsAnswer
    kept_s: KeptAnswer
    consent: ConsentNeededAnswer
    cloud: CloudAnswer | None = Field(description="Null where hair is not cut.")
