"""Settings of what is kept: where, how long, and under which keys."""

from pathlib import Path
from typing import Annotated, Self, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from server.listed import FileKeys, FilesUrl, MongoUri, RedisUrl
from storage.retention import Retention

ENV_PREFIX = "HAIR_TRYON_"
DAY_S = 24 * 60 * 60

OptionalPath: TypeAlias = Annotated[Path | None, BeforeValidator(lambda text: text or None)]
Seconds: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count: TypeAlias = Annotated[int, Field(ge=1)]


class StorageSettings(BaseSettings):
    """A part of Settings."""

    data_dir: Path = Field(
        Path("data"), description="folder of the embedded database, of files and of their key"
    )
    work_dir: OptionalPath = Field(
        None,
        description="folder of files on their way in and of videos being changed, which are not "
        "encrypted for that long; may be on a RAM disk (the folder work in data_dir)",
    )
    mongodb_uri: MongoUri = Field(
        SecretStr(""),
        validation_alias=AliasChoices("mongodb_uri", f"{ENV_PREFIX}MONGODB_URI"),
        description="MongoDB, a replica set, in the place of the embedded database. MONGODB_URI in "
        "the environment",
    )
    redis_url: RedisUrl = Field(
        SecretStr(""),
        validation_alias=AliasChoices("redis_url", f"{ENV_PREFIX}REDIS_URL"),
        description="Redis that holds the cache and brings videos to the workers (run.py worker); "
        "without one both are in this process. REDIS_URL in the environment",
    )
    photo_cache_bytes: Annotated[int, Field(ge=0)] = Field(
        256 * 1024 * 1024, description="memory for the cache, style and colour photos above all"
    )
    files_url: FilesUrl = Field(
        "",
        description="object storage for videos: s3://BUCKET/PATH, gs://BUCKET/PATH or "
        "az://CONTAINER/PATH, with its provider's usual variables in the environment "
        "(the folder objects in data_dir)",
    )
    file_keys: FileKeys = Field(
        SecretStr(""),
        description="keys that files are encrypted with, 32 random bytes in base64 each, separated "
        "by commas: the first for new files, all for old ones (the file file-keys in data_dir, "
        "made at the first start)",
    )
    keep_uploads_s: Seconds = Field(7.0 * DAY_S, description="uploaded videos are kept for so long")
    keep_results_s: Seconds = Field(30.0 * DAY_S, description="changed videos are kept for so long")
    keep_photos_s: Seconds = Field(
        1.0 * DAY_S, description="a changed video's style and colour photos are kept for so long"
    )
    keep_sessions_s: Seconds = Field(
        3600.0, description="a live session's document is kept for so long after its end"
    )
    sweep_interval_s: Seconds = Field(
        60.0, description="so often it is looked for what is over and to be removed"
    )
    signed_url_s: Seconds = Field(
        1.0 * DAY_S,
        description="a signed address of a file, for a CDN, is good for at least so long, and for "
        "twice as long at most",
    )

    @model_validator(mode="after")
    def _keys_go_with_files(self) -> Self:
        if self.files_url and not self.file_keys.get_secret_value():
            raise ValueError("files_url needs file_keys: all who share the files need the same")
        return self

    @property
    def retention(self) -> Retention:
        """How long what is kept."""
        return Retention(
            self.keep_uploads_s, self.keep_results_s, self.keep_photos_s, self.keep_sessions_s
        )

    @property
    def shares_database(self) -> bool:
        """Whether other servers may use the same database at the same time."""
        return bool(self.mongodb_uri.get_secret_value())

    @property
    def others_write(self) -> bool:
        """Whether other processes, servers or workers, may write what is kept of a user."""
        return self.shares_database or bool(self.redis_url.get_secret_value())

    @property
    def folders(self) -> dict[str, Path]:
        """Where there has to be room."""
        return {"data": self.data_dir, "work": self.work_folder}

    @property
    def work_folder(self) -> Path:
        """Where files are that are on their way."""
        return self.work_dir or self.data_dir / "work"
