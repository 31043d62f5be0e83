"""Settings of calls: where WebRTC media comes in, and the servers that help it on its way."""

from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from server.listed import Addresses, IceUrls, listed
from server.storage_settings import Seconds


class CallSettings(BaseSettings):
    """A part of Settings."""

    rtc_listen: Addresses = Field(
        "",
        description="addresses for WebRTC media, separated by commas (all but loopback; loopback "
        "alone when host is loopback)",
    )
    rtc_public: Addresses = Field(
        "", description="addresses that clients are told instead, as behind a NAT that maps 1:1"
    )
    stun: IceUrls = Field("", description="STUN servers for clients: stun:HOST:PORT, …")
    turn: IceUrls = Field(
        "", description="TURN servers for clients: turn:HOST:PORT?transport=udp, …"
    )
    turn_secret: SecretStr = Field(
        SecretStr(""), description="the secret that they share with this server"
    )
    turn_ttl_s: Seconds = Field(
        3600.0, description="for so long a client's TURN credentials are good"
    )

    @model_validator(mode="after")
    def _turn_is_whole(self) -> Self:
        if self.turn and not self.turn_secret.get_secret_value():
            raise ValueError("turn needs turn_secret")
        return self

    @property
    def rtc_public_addresses(self) -> tuple[str, ...]:
        """What clients are told instead; empty: the same."""
        return listed(self.rtc_public)

    @property
    def stun_urls(self) -> tuple[str, ...]:
        """STUN servers for clients."""
        return listed(self.stun)

    @property
    def turn_urls(self) -> tuple[str, ...]:
        """TURN servers for clients."""
        return listed(self.turn)
