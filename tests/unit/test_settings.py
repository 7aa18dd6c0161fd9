"""Settings are complete and usable, or the process says what is wrong with them."""

import dataclasses

import pytest

from app.errors import MisconfiguredError
from app.settings import Settings

COMPLETE = {
    "AWS_REGION": "eu-central-1",
    "USER_POOL_ID": "eu-central-1_Dwipper01",
    "USER_POOL_CLIENT_ID": "client",
    "DWIPPS_TABLE": "dwipps",
    "REACTIONS_TABLE": "reactions",
    "MEMBERS_TABLE": "members",
}


def test_what_is_required_is_enough() -> None:
    assert Settings.from_environment(COMPLETE) == Settings(
        region="eu-central-1",
        user_pool_id="eu-central-1_Dwipper01",
        user_pool_client_id="client",
        dwipps_table="dwipps",
        reactions_table="reactions",
        members_table="members",
        feed_shards=1,
        feed_cache_seconds=0,
        log_level="INFO",
        log_format="text",
        stage="local",
    )


def test_the_issuer_is_the_pool_at_amazon_wherever_its_endpoint_is() -> None:
    environment = COMPLETE | {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:4566"}
    issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Dwipper01"
    assert Settings.from_environment(environment).issuer == issuer


@pytest.mark.parametrize("name", COMPLETE)
@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_what_is_missing_is_named(name: str, value: str | None) -> None:
    environment = {key: text for key, text in {**COMPLETE, name: value}.items() if text is not None}
    with pytest.raises(MisconfiguredError, match=rf"^Missing in the environment: {name}\.$"):
        Settings.from_environment(environment)


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(MisconfiguredError) as error:
        Settings.from_environment({})
    assert all(name in str(error.value) for name in COMPLETE)


@pytest.mark.parametrize(("value", "shards"), [("", 1), ("1", 1), ("8", 8), ("64", 64)])
def test_the_feed_has_so_many_shards(value: str, shards: int) -> None:
    assert Settings.from_environment(COMPLETE | {"FEED_SHARDS": value}).feed_shards == shards


@pytest.mark.parametrize("value", ["0", "-1", "65", "1.5", "many", " ", "٣", "1e1", "0x1"])
def test_no_other_number_of_shards_is_taken(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="FEED_SHARDS"):
        Settings.from_environment(COMPLETE | {"FEED_SHARDS": value})


@pytest.mark.parametrize(
    ("value", "seconds"), [("", 0), ("0", 0), ("0.5", 0.5), ("0.0", 0), ("0.125", 0.125), ("0.500", 0.5)]
)
def test_the_newest_page_is_kept_so_long(value: str, seconds: float) -> None:
    assert Settings.from_environment(COMPLETE | {"FEED_CACHE_SECONDS": value}).feed_cache_seconds == seconds


@pytest.mark.parametrize(
    "value", ["-1", "0.501", "0.6", "1", "2", "0.", "00.1", "1e-1", "nan", "inf", ".5", "0,5", " ", "long"]
)
def test_no_other_time_to_keep_it_is_taken(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="FEED_CACHE_SECONDS"):
        Settings.from_environment(COMPLETE | {"FEED_CACHE_SECONDS": value})


@pytest.mark.parametrize(("value", "level"), [("", "INFO"), ("debug", "DEBUG"), ("WARNING", "WARNING")])
def test_the_log_has_a_level(value: str, level: str) -> None:
    assert Settings.from_environment(COMPLETE | {"LOG_LEVEL": value}).log_level == level


@pytest.mark.parametrize("value", ["ALL", "10", "info "])
def test_no_other_level_is_taken(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="LOG_LEVEL"):
        Settings.from_environment(COMPLETE | {"LOG_LEVEL": value})


@pytest.mark.parametrize(("value", "log_format"), [("", "text"), ("text", "text"), ("json", "json")])
def test_the_log_has_a_format(value: str, log_format: str) -> None:
    assert Settings.from_environment(COMPLETE | {"LOG_FORMAT": value}).log_format == log_format


@pytest.mark.parametrize("value", ["JSON", "xml", "json "])
def test_no_other_format_is_taken(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="LOG_FORMAT"):
        Settings.from_environment(COMPLETE | {"LOG_FORMAT": value})


@pytest.mark.parametrize(
    ("value", "stage"), [("", "local"), ("prod", "prod"), ("pr-12", "pr-12"), ("a" * 20, "a" * 20)]
)
def test_the_stage_has_a_name(value: str, stage: str) -> None:
    assert Settings.from_environment(COMPLETE | {"STAGE": value}).stage == stage


@pytest.mark.parametrize("value", ["Prod", "a" * 21, "a b", "a_b", "é", "prod\n", "$default"])
def test_no_other_stage_is_taken(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="STAGE"):
        Settings.from_environment(COMPLETE | {"STAGE": value})


def test_settings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings.from_environment(COMPLETE).region = "us-east-1"  # type: ignore[misc]
