"""Settings of who is let in."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, CliImplicitFlag

from server.doors.addresses import Network
from server.listed import (
    ApiKeyList,
    KeysUrl,
    Networks,
    Origins,
    PageUrl,
    SigningKeyList,
    TokenSecret,
    listed,
    networks_of,
)


class DoorSettings(BaseSettings):
    """A part of Settings."""

    jwt_secret: TokenSecret = Field(
        SecretStr(""),
        description="secret of 32 bytes at least that the auth service signs its tokens with "
        "(HS256)",
    )
    jwt_keys_url: KeysUrl = Field(
        "",
        description="address of the auth service's public keys (a JWKS; RS256, ES256, EdDSA), in "
        "the place of a secret",
    )
    jwt_issuer: str = Field("", description="who gives tokens: their iss")
    jwt_audience: str = Field("", description="whom tokens are for: one of their aud")
    jwt_leeway_s: Annotated[float, Field(ge=0, le=300)] = Field(
        30.0, description="by so much the auth service's clock may differ"
    )
    jwt_admin_scope: Annotated[str, Field(pattern=r"^\S+$")] = Field(
        "hair-tryon:admin", description="whose token has this word in scope may act for all users"
    )
    gateways: Networks = Field(
        "",
        description="addresses or networks, separated by commas, of gateways that say who asks; "
        "they have to take the header away from what comes to them",
    )
    gateway_user_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = Field(
        "X-User-Id", description="the header by which they say it"
    )
    api_keys: ApiKeyList = Field(
        "",
        description="keys of enterprises, separated by commas, as run.py new-key prints them: "
        "USER_ID=SHA256",
    )
    signing_keys: SigningKeyList = Field(
        SecretStr(""),
        description="secrets with which enterprises sign their requests, separated by commas, as "
        "run.py new-key USER_ID --signing prints them: USER_ID=SECRET",
    )
    metrics_networks: Networks = Field(
        "",
        description="addresses or networks, separated by commas, from which GET /metrics is read "
        "without credentials, by who connects from there and not through a proxy or gateway",
    )
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        0,
        description="port at which those read what a worker (run.py worker) counts, at host; 0 for "
        "none",
    )
    require_consent: CliImplicitFlag[bool] = Field(
        False,
        description="take pictures only of users who have agreed to what GET about says is done "
        "with them",
    )
    insecure: CliImplicitFlag[bool] = Field(
        False,
        description="let anybody in who says who they are, on other addresses than loopback too",
    )
    sign_in_url: PageUrl = Field(
        "",
        description="where the page sends people whom the server does not know, to sign in",
    )
    origins: Origins = Field(
        "",
        description="pages of other sites that may ask from browsers, separated by commas: "
        "https://app.example.com",
    )

    @model_validator(mode="after")
    def _tokens_are_whole(self) -> Self:
        has_secret, has_keys = bool(self.jwt_secret.get_secret_value()), bool(self.jwt_keys_url)
        if has_secret and has_keys:
            raise ValueError("jwt_secret and jwt_keys_url: only one of them can be checked with")
        if self.has_tokens and not (self.jwt_issuer and self.jwt_audience):
            raise ValueError("tokens need jwt_issuer and jwt_audience")
        return self

    @property
    def has_tokens(self) -> bool:
        """Whether tokens can be checked."""
        return bool(self.jwt_secret.get_secret_value() or self.jwt_keys_url)

    @property
    def is_open(self) -> bool:
        """Whether anybody is whoever they say they are."""
        has_keys = self.api_key_users or self.signing_secrets
        return not (self.has_tokens or self.gateway_networks or has_keys)

    @property
    def gateway_networks(self) -> tuple[Network, ...]:
        """Where gateways are."""
        return networks_of(self.gateways)

    @property
    def scraper_networks(self) -> tuple[Network, ...]:
        """From where the meters are read."""
        return networks_of(self.metrics_networks)

    @property
    def api_key_users(self) -> Mapping[str, str]:
        """Enterprises by the digests of their keys."""
        parts = (part.rpartition("=") for part in listed(self.api_keys))
        return {digest: user_id for user_id, _, digest in parts}

    @property
    def signing_secrets(self) -> Mapping[str, tuple[bytes, ...]]:
        """The secrets of each enterprise: more than one while they change."""
        secrets = dict[str, tuple[bytes, ...]]()
        for part in listed(self.signing_keys.get_secret_value()):
            user_id, _, secret = part.rpartition("=")
            secrets[user_id] = (*secrets.get(user_id, ()), secret.encode())
        return secrets

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Pages of other sites that may ask."""
        return frozenset(listed(self.origins))
