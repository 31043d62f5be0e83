"""Settings of traces: where they go, of how much there are any, and whose are gone on with."""

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings
from yarl import URL

from server.doors.addresses import Network
from server.listed import Networks, listed, networks_of

_HEADER = re.compile(r"[A-Za-z0-9-]+=[ -~]+")


def _is_collector(text: str) -> str:
    if not text:
        return text
    try:
        url = URL(text)
    except ValueError:
        raise ValueError("no address") from None
    if url.scheme not in {"http", "https"} or not url.host or url.query_string or url.user:
        raise ValueError("no address of a collector, as http://collector:4318")
    return text.rstrip("/")


def _are_headers(secret: SecretStr) -> SecretStr:
    for part in listed(secret.get_secret_value()):
        if not _HEADER.fullmatch(part):
            raise ValueError("one is no NAME=VALUE")
    return secret


CollectorUrl: TypeAlias = Annotated[str, AfterValidator(_is_collector)]
"""Where a collector takes OTLP over HTTP; empty: nowhere."""
Headers: TypeAlias = Annotated[SecretStr, AfterValidator(_are_headers)]
"""Names and values of headers, separated by commas."""
Part: TypeAlias = Annotated[float, Field(ge=0, le=1)]
"""None to all."""


class TraceSettings(BaseSettings):
    """A part of Settings."""

    otlp_endpoint: CollectorUrl = Field(
        "",
        description="collector of OpenTelemetry that traces are sent to (OTLP over HTTP), as "
        "http://collector:4318; without one nothing is traced",
    )
    otlp_headers: Headers = Field(
        SecretStr(""), description="headers that it wants, separated by commas: NAME=VALUE"
    )
    trace_share: Part = Field(1.0, description="share of requests, and of videos, that are traced")
    trace_frames: Part = Field(0.01, description="share of live frames that are traced")
    trace_networks: Networks = Field(
        "",
        description="addresses or networks, separated by commas, of gateways whose traceparent is "
        "gone on with; they have to take away that of who asks them",
    )

    @property
    def otlp_header_values(self) -> dict[str, str]:
        """What the collector wants, by name."""
        parts = listed(self.otlp_headers.get_secret_value())
        return {name: value for name, _, value in (part.partition("=") for part in parts)}

    @property
    def traced_networks(self) -> tuple[Network, ...]:
        """Whose traces are gone on with."""
        return networks_of(self.trace_networks)
