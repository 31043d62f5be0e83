"""Every setting of the service: typed, checked at start, from flags, environment or ``.env``."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from dotenv import dotenv_values
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import SettingsConfigDict, SettingsError

from server.call_settings import CallSettings
from server.cloud_settings import CloudSettings
from server.connection_settings import ConnectionSettings
from server.door_settings import DoorSettings
from server.host_port import MOST_PORT, host_and_port
from server.instance_settings import InstanceSettings
from server.limit_settings import LimitSettings
from server.listed import LOOPBACK, DaemonAddress, WebhookSecret, listed
from server.storage_settings import ENV_PREFIX, OptionalPath, Seconds, StorageSettings
from server.trace_settings import TraceSettings
from storage.keeper import COMING_S

ENV_FILE = ".env"


class SettingsInvalid(ValueError):
    """A setting is wrong; the text is one line that names it."""


_WHY: Final = {
    "redis_url": "there limits, tickets and live sessions of several processes are kept",
    "file_keys": "with them it is sealed what instances say to each other",
}
LogFormat: TypeAlias = Literal["auto", "console", "json"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]


def _processors() -> int:
    """The processors this process may use, which in a container can be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _share_of_processors(chosen: Mapping[str, Any]) -> int:
    """Each worker's, where there are several."""
    workers: int = chosen.get("workers", 1)
    return max(1, _processors() // workers)


class Settings(
    TraceSettings,
    InstanceSettings,
    CallSettings,
    CloudSettings,
    ConnectionSettings,
    LimitSettings,
    DoorSettings,
    StorageSettings,
):
    """Live hair try-on server. Flags can also be set as HAIR_TRYON_… in the environment or .env."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_file=ENV_FILE,
        extra="ignore",
        frozen=True,
        cli_prog_name="run.py",
        cli_kebab_case=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
    )

    host: Annotated[str, Field(min_length=1)] = Field(
        "127.0.0.1", description="address to listen on; 0.0.0.0 for all"
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8000, description="port to listen on; 0 for any free one"
    )
    log_format: LogFormat = Field(
        "auto", description="console, json, or auto: console on a terminal"
    )
    log_level: LogLevel = Field("info", description="debug, info, warning or error")
    tls_cert: OptionalPath = Field(
        None, description="certificate chain (PEM); a phone gives its camera to https pages only"
    )
    tls_key: OptionalPath = Field(None, description="the certificate's private key (PEM)")
    threads: Annotated[int, Field(ge=1, le=256)] = Field(
        default_factory=_share_of_processors,
        description="threads of each worker that process frames (all processors, shared out)",
    )
    max_sessions: Annotated[int, Field(ge=1)] = Field(
        200, description="live sessions at once; further ones are told that the server is full"
    )
    mailbox_frames: Annotated[int, Field(ge=1, le=1000)] = Field(
        10, description="frames of one session that may wait"
    )
    target_latency_ms: Annotated[float, Field(gt=0, le=60_000)] = Field(
        200.0, description="a frame that cannot be back within this time is dropped"
    )
    frames_per_minute: Annotated[int, Field(ge=1)] = Field(
        2400, description="frames a minute that one session may send; more are thinned out"
    )
    max_message_bytes: Annotated[int, Field(ge=1024)] = Field(
        8 * 1024 * 1024, description="largest WebSocket message"
    )
    max_picture_px: Annotated[int, Field(ge=1)] = Field(
        25_000_000, description="most pixels (width x height) that a photo may have"
    )
    max_frame_px: Annotated[int, Field(ge=1)] = Field(
        3840 * 2160, description="the same for a live frame; larger ones would hold the others up"
    )
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = Field(
        85, description="JPEG quality of the frames sent back"
    )
    networks: Literal["all", "clean"] = Field(
        "all",
        description="which networks find heads and hair: all, which learned from all pictures, or "
        "clean, from those with clear rights only, which are less exact",
    )
    max_photo_bytes: Annotated[int, Field(ge=1024)] = Field(
        20 * 1024 * 1024, description="largest file of a photo that is sent by HTTP"
    )
    max_photos: Annotated[int, Field(ge=1)] = Field(
        4, description="photos worked on at once by HTTP; further ones are told to come again"
    )
    body_timeout_s: Seconds = Field(
        60.0,
        description="a request's body, or a message in a WebSocket, that takes longer than this is "
        "given up",
    )
    max_video_bytes: Annotated[int, Field(ge=1024)] = Field(
        50 * 1024 * 1024, description="largest video file"
    )
    max_video_s: Seconds = Field(30.0, description="longest video")
    max_video_px: Annotated[int, Field(ge=1)] = Field(
        3840 * 2160, description="most pixels (width x height) of a video's pictures"
    )
    max_uploads: Annotated[int, Field(ge=1)] = Field(
        16, description="videos received at once; further ones are told to come again"
    )
    # Its name is noted when it begins to come, and has to have a record within COMING_S.
    upload_timeout_s: Annotated[Seconds, Field(le=COMING_S / 2)] = Field(
        600.0, description="a video that takes longer to arrive is given up; 1800 at most"
    )
    clamd: DaemonAddress = Field(
        "",
        description="ClamAV's daemon, which looks at uploads before they are kept: unix:PATH or "
        "tcp:HOST:PORT",
    )
    sampling_rate: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="share of a video's frames that are processed fully, if none is asked for"
    )
    job_places: Annotated[int, Field(ge=1, le=256)] = Field(
        default_factory=lambda: max(1, _processors() // 2),
        description="videos changed at once by one process (as many as half of all processors)",
    )
    max_jobs: Annotated[int, Field(ge=1)] = Field(
        64, description="videos changed at once by all processes"
    )
    max_user_jobs: Annotated[int, Field(ge=1)] = Field(
        2, description="videos of one user changed at once; further ones wait"
    )
    max_queued_jobs: Annotated[int, Field(ge=1)] = Field(
        100, description="videos that wait or are changed; further ones are told to come again"
    )
    max_user_queued_jobs: Annotated[int, Field(ge=1)] = Field(
        10, description="the same for one user"
    )
    job_lease_s: Seconds = Field(
        15.0, description="a worker that says nothing for so long is taken to be dead"
    )
    job_timeout_s: Seconds = Field(
        900.0,
        description="a video that takes longer to change is given up; waiting for a processor, "
        "which live frames get first, does not count",
    )
    webhook_secret: WebhookSecret = Field(
        SecretStr(""),
        description="signs the calls that tell users' servers of finished videos: whsec_ and 24 to "
        "64 random bytes in base64; without one nobody is told",
    )
    webhook_hosts: str = Field(
        "", description="hosts, separated by commas, that may be told though they are not public"
    )
    photo_side_px: Annotated[int, Field(ge=16, le=8192)] = Field(
        960, description="style and colour photos are scaled down to this longer side"
    )
    idle_timeout_s: Seconds = Field(
        300.0, description="a session that sends nothing for so long is ended"
    )
    send_timeout_s: Seconds = Field(
        5.0, description="a client that reads nothing for so long is disconnected"
    )
    stop_timeout_s: Annotated[Seconds, Field(le=600)] = Field(
        5.0, description="time for the frames under way when the server stops"
    )
    drain_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = Field(
        0.0,
        description="for so long after a stop signal clients are served as before, while readyz "
        "says no: until balancers send nobody any more",
    )

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key are given together or not at all")
        return self

    def check_doors(self) -> None:
        """Whoever is to be let in has to be asked who they are, on other addresses than loopback.
        What lets nobody in, as a worker, needs no keys. Raises SettingsInvalid."""
        if self.is_open and not self.insecure and self.host not in LOOPBACK:
            raise SettingsInvalid(
                f"wrong setting: host {self.host} lets others in, and nobody is asked who they "
                "are: set jwt_secret or jwt_keys_url, gateways, api_keys or signing_keys; "
                "--insecure lets anybody in"
            )

    def check_instances(self) -> None:
        """Several processes count, and know their sessions, by what they share. Raises
        SettingsInvalid."""
        needed = {"workers": ("redis_url",), "instance_address": ("redis_url", "file_keys")}
        for name, others in needed.items():
            is_set = getattr(self, name) != type(self).model_fields[name].default
            for other in others:
                if is_set and not getattr(self, other).get_secret_value():
                    raise SettingsInvalid(
                        f"wrong setting: {place_of(name)}: needs {place_of(other)}: {_WHY[other]}"
                    )
        if self.instance_address:
            last = host_and_port(self.instance_address)[1] + self.workers - 1
            if last > MOST_PORT:
                place = place_of("instance_address")
                raise SettingsInvalid(f"wrong setting: {place}: there is no port {last}")

    @property
    def rtc_listen_addresses(self) -> tuple[str, ...]:
        """Where WebRTC media is taken in; empty: at all of the machine's addresses but loopback."""
        if not self.rtc_listen and self.host in LOOPBACK:
            return ("127.0.0.1",)
        return listed(self.rtc_listen)

    @property
    def webhook_trusted(self) -> frozenset[str]:
        """Hosts that webhooks may call wherever they are."""
        return frozenset(listed(self.webhook_hosts))

    @property
    def scheme(self) -> str:
        """``https`` when a certificate is set, else ``http``."""
        return "https" if self.tls_cert else "http"


def load_settings(arguments: list[str]) -> Settings:
    """Settings from the command line, the environment and ``.env``, in this order of precedence.

    Raises SettingsInvalid, with one line naming the setting, when one is wrong. ``--help`` and
    unknown flags end the process, as argparse does.
    """
    try:
        _refuse_unknown(ENV_FILE)
        return Settings(_cli_parse_args=arguments)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        message = first["msg"].removeprefix("Value error, ")
        place = f"{place_of(name)}: " if name else ""
        raise SettingsInvalid(f"wrong setting: {place}{message}") from None
    except UnicodeDecodeError:
        raise SettingsInvalid(f"wrong setting: the file {ENV_FILE} is not UTF-8") from None
    except SettingsError as error:
        raise SettingsInvalid(f"wrong setting: {error}".splitlines()[0]) from None


def place_of(name: str) -> str:
    """A setting by its name, its variable and its flag."""
    return f"{name} ({ENV_PREFIX}{name.upper()}, --{name.replace('_', '-')})"


def _refuse_unknown(env_file: str) -> None:
    """A misspelt name would otherwise be a setting that silently does nothing."""
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in (*os.environ, *dotenv_values(env_file)):
        if name.upper().startswith(ENV_PREFIX) and name.upper() not in known:
            raise SettingsInvalid(f"wrong setting: {name}: there is no setting of this name")
