"""Settings of several processes: workers of one machine, and instances that know each other."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from server.host_port import HostPort


class InstanceSettings(BaseSettings):
    """A part of Settings."""

    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        1,
        description="processes that serve on the same port, one for each processor at most; more "
        "than one need redis_url. Places, as max_sessions, are those of each",
    )
    instance_address: HostPort = Field(
        "",
        description="HOST:PORT at which other instances reach this one, and nobody else may: what "
        "is asked of a live session comes to the one that has it; with workers each has the next "
        "port. Needs redis_url and file_keys (workers alone: sockets in a folder of their own)",
    )
