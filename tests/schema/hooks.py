"""How bodies are written and read that are neither JSON nor a form."""

import schemathesis
from schemathesis import Response, SerializationContext


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def as_text(_: SerializationContext, value: object) -> bytes:
    """SDP is text."""
    return str(value).encode()


@schemathesis.deserializer(
    "application/sdp", "application/trickle-ice-sdpfrag", "image/jpeg", "image/png", "image/webp",
    "video/mp4",
)  # fmt: skip
def as_bytes(_: object, response: Response) -> str:
    """What is no text is not looked into here."""
    return response.content.decode("latin-1")
