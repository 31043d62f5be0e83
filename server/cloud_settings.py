"""Settings of the cloud: which account, what it may cost, and how long it may take."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings

from server.listed import ApiToken, ApiUrl, HostList, ModelPrices, ModelVersions, listed, prices_of
from server.storage_settings import ENV_PREFIX, Count, Seconds

_MICRO: Final = 1_000_000

Dollars: TypeAlias = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class CloudSettings(BaseSettings):
    """A part of Settings."""

    replicate_api_token: ApiToken = Field(
        SecretStr(""),
        validation_alias=AliasChoices("replicate_api_token", f"{ENV_PREFIX}REPLICATE_API_TOKEN"),
        description="the account at Replicate that pictures are made with; without one everything "
        "is made here. REPLICATE_API_TOKEN in the environment",
    )
    replicate_url: ApiUrl = Field(
        "https://api.replicate.com",
        description="where that account is; http for a stand-in on this machine, whose pictures "
        "may come by http too",
    )
    cloud_hosts: HostList = Field(
        "replicate.delivery",
        description="hosts, separated by commas, that pictures are fetched from, with all below "
        "them",
    )
    cloud_timeout_s: Annotated[Seconds, Field(le=600)] = Field(
        120.0, description="a picture that takes longer is made here; 600 at most"
    )
    cloud_places: Count = Field(
        5, description="pictures made there at once for one server; further ones are made here"
    )
    cloud_budget_usd: Dollars = Field(
        200.0, description="what a month's pictures of all users may cost"
    )
    cloud_user_budget_usd: Dollars = Field(
        5.0, description="what a month's pictures of one user may cost"
    )
    cloud_versions: ModelVersions = Field(
        "",
        description="versions of models, separated by commas: OWNER/NAME:VERSION; others are as "
        "their owners have them now",
    )
    cloud_prices: ModelPrices = Field(
        "",
        description="what a picture costs in dollars, separated by commas: OWNER/NAME=0.04, or "
        "OWNER/NAME=0.002:0.005:0.01 for standard, high and ultra (as the models are known)",
    )

    @property
    def has_cloud(self) -> bool:
        """Whether there is an account."""
        return bool(self.replicate_api_token.get_secret_value())

    @property
    def cloud_allows_http(self) -> bool:
        """Whether pictures may be fetched by plain HTTP."""
        return self.replicate_url.startswith("http:")

    @property
    def cloud_output_hosts(self) -> tuple[str, ...]:
        """Where pictures may be fetched, with all hosts below these."""
        return listed(self.cloud_hosts)

    @property
    def cloud_budget_micro_usd(self) -> int:
        """Of all users, a month; millionths of a dollar."""
        return round(self.cloud_budget_usd * _MICRO)

    @property
    def cloud_user_budget_micro_usd(self) -> int:
        """Of one user, a month; millionths of a dollar."""
        return round(self.cloud_user_budget_usd * _MICRO)

    @property
    def cloud_model_versions(self) -> Mapping[str, str]:
        """Versions by ``owner/name``."""
        parts = (part.partition(":") for part in listed(self.cloud_versions))
        return {model: version for model, _, version in parts}

    @property
    def cloud_model_prices(self) -> Mapping[str, tuple[int, int, int]]:
        """Millionths of a dollar for standard, high and ultra, by ``owner/name``."""
        return dict(prices_of(part) for part in listed(self.cloud_prices))
