"""Settings of how much somebody may do."""

from pydantic import Field
from pydantic_settings import BaseSettings

from server.doors.addresses import Network
from server.listed import Networks, networks_of
from server.storage_settings import Count


class LimitSettings(BaseSettings):
    """A part of Settings."""

    uploads_per_hour: Count = Field(10, description="videos that a user may upload within an hour")
    calls_per_hour: Count = Field(
        100,
        description="requests of a user within an hour that create, list or change something",
    )
    connections_per_minute: Count = Field(
        300, description="live connections that one address may begin within a minute"
    )
    max_user_sessions: Count = Field(
        5, description="live sessions of one user at once, at each server"
    )
    proxies: Networks = Field(
        "",
        description="addresses or networks, separated by commas, of proxies whose X-Forwarded-For "
        "says where a request comes from; gateways too, if they add to it",
    )

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        """Where those proxies are."""
        return networks_of(self.proxies)
