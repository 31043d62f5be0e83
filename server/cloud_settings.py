"""Settings of the cloud: which account, what it may cost, and how long it may take."""

from collections.abc import Mapping
from typing import Annotated, Final, Self, TypeAlias

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings
from yarl import URL

from server.cloud.described_models import DescribedModels
from server.listed import (
    ApiToken,
    ApiUrl,
    HostList,
    ModelPrices,
    ModelVersions,
    WebhookSecret,
    is_safe,
    listed,
    prices_of,
)
from server.storage_settings import ENV_PREFIX, Count, Seconds

_MICRO: Final = 1_000_000
WEBHOOK_PATH: Final = "/api/hair-tryOn/webhooks/replicate"


def _is_webhook_url(text: str) -> str:
    if text and not (is_safe(text) and URL(text).path.endswith(WEBHOOK_PATH)):
        raise ValueError(f"no https address that ends in {WEBHOOK_PATH}")
    return text


WebhookUrl: TypeAlias = Annotated[str, AfterValidator(_is_webhook_url)]
"""Where this service is told that predictions are over; empty: nowhere."""
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
        5, description="photos made there at once for one server; further ones are made here"
    )
    cloud_keyframes: Annotated[Count, Field(le=20)] = Field(
        5, description="pictures of a video made there, if its order does not say less; 20 at most"
    )
    cloud_budget_usd: Dollars = Field(
        200.0, description="what a month's pictures of all users may cost"
    )
    cloud_user_budget_usd: Dollars = Field(
        5.0, description="what a month's pictures of one user may cost"
    )
    cloud_models: DescribedModels = Field(
        "",
        description="models that are preferred to those that are known: a TOML or JSON file that "
        "describes them, or the JSON itself",
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

    cloud_webhook_url: WebhookUrl = Field(
        "",
        description="where Replicate tells that a picture is made, which is known at once then: "
        f"this service's public https address and {WEBHOOK_PATH}",
    )
    replicate_webhook_secret: WebhookSecret = Field(
        SecretStr(""),
        description="what Replicate signs it with, as GET /v1/webhooks/default/secret there has it",
    )

    @model_validator(mode="after")
    def _webhooks_are_whole(self) -> Self:
        if bool(self.cloud_webhook_url) != bool(self.replicate_webhook_secret.get_secret_value()):
            raise ValueError(
                "cloud_webhook_url and replicate_webhook_secret are given together or not at all"
            )
        return self

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
