"""Settings of the connections themselves: how many there are, and how slow they may be."""

from pydantic import Field
from pydantic_settings import BaseSettings

from server.storage_settings import Count, Seconds


class ConnectionSettings(BaseSettings):
    """A part of Settings."""

    max_connections: Count = Field(
        2000, description="connections at once; further ones are told to come again"
    )
    max_address_connections: Count = Field(
        100,
        description="the same for one address, or one /64 of IPv6; loopback, proxies and gateways "
        "are left out",
    )
    header_timeout_s: Seconds = Field(
        10.0, description="a request's line and headers that take longer than this are given up"
    )
    keepalive_timeout_s: Seconds = Field(
        75.0, description="a connection without a request is kept open for so long"
    )
    write_timeout_s: Seconds = Field(
        60.0, description="a client that takes nothing of an answer for so long is disconnected"
    )
