"""Settings of the cloud."""

from typing import Any

import pytest

from server.settings import Settings


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_without_a_token_there_is_no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from the environment under the name that it has elsewhere, or under ours; nothing
    shows it."""
    assert not settings().has_cloud
    for name in ("REPLICATE_API_TOKEN", "HAIR_TRYON_REPLICATE_API_TOKEN"):
        monkeypatch.setenv(name, "r8_secret")
        chosen = settings()
        assert chosen.has_cloud
        assert "r8_secret" not in repr(chosen)
        monkeypatch.delenv(name)


def test_a_token_can_be_sent() -> None:
    """The end of its line is not a part of it; one that no header takes is none."""
    assert settings(replicate_api_token="r8_a\n").replicate_api_token.get_secret_value() == "r8_a"
    for wrong in ("r8_\u00e4", "r8 a", "r8\na"):
        with pytest.raises(ValueError, match="replicate_api_token"):
            settings(replicate_api_token=wrong)


def test_money_is_counted_in_millionths() -> None:
    """To the last one, in the settings and in prices."""
    chosen = settings(
        cloud_budget_usd=0.29,
        cloud_user_budget_usd=0,
        cloud_prices="a/b=0.04, c.d/e-f=0.002:0.005:0.010",
    )
    assert (chosen.cloud_budget_micro_usd, chosen.cloud_user_budget_micro_usd) == (290_000, 0)
    assert chosen.cloud_model_prices == {
        "a/b": (40_000, 40_000, 40_000),
        "c.d/e-f": (2_000, 5_000, 10_000),
    }


def test_versions_and_hosts() -> None:
    """By the models' names; what is not set is as it is there."""
    chosen = settings(cloud_versions="a/b:79fcdf78, c/d:1.2", cloud_hosts="one.example, two")
    assert chosen.cloud_model_versions == {"a/b": "79fcdf78", "c/d": "1.2"}
    assert chosen.cloud_output_hosts == ("one.example", "two")
    assert settings().cloud_model_versions == {}


def test_the_token_goes_by_https() -> None:
    """But for a stand-in on this machine, whose pictures come by http too."""
    assert not settings(replicate_url="https://api.example/").cloud_allows_http
    assert settings(replicate_url="https://api.example/").replicate_url == "https://api.example"
    assert settings(replicate_url="HTTP://127.0.0.1:1").cloud_allows_http
