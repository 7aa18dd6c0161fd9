"""Settings are complete and valid. Otherwise an error names the missing or invalid variables."""

import dataclasses

import pytest

from app.errors import MisconfiguredError
from app.settings import MemberLimits, Settings

REQUIRED_VARIABLES = {
    "AWS_REGION": "eu-central-1",
    "USER_POOL_ID": "eu-central-1_Dwipper01",
    "USER_POOL_CLIENT_ID": "client",
    "DWIPPS_TABLE": "dwipps",
    "REACTIONS_TABLE": "reactions",
    "MEMBERS_TABLE": "members",
    "SAFETY_TABLE": "safety",
    "JOB_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
}


def test_required_variables_are_enough() -> None:
    assert Settings.from_environment(REQUIRED_VARIABLES) == Settings(
        region="eu-central-1",
        user_pool_id="eu-central-1_Dwipper01",
        user_pool_client_id="client",
        dwipps_table="dwipps",
        reactions_table="reactions",
        members_table="members",
        safety_table="safety",
        job_queue_url="https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
        feed_shards=1,
        feed_cache_seconds=0,
        log_level="INFO",
        log_format="text",
        stage="local",
        limits=MemberLimits(dwipps_hour=30, dwipps_day=200, reactions_hour=600, changes_hour=120, safety_hour=60),
    )


def test_heartbeat_of_the_worker_has_settings() -> None:
    environment = REQUIRED_VARIABLES | {"HEARTBEAT_URL": "https://api.example.org", "HEARTBEAT_SECRET_ARN": "the arn"}
    settings = Settings.from_environment(environment)
    assert (settings.heartbeat_url, settings.heartbeat_secret_arn) == ("https://api.example.org", "the arn")


def test_issuer_does_not_depend_on_the_endpoint() -> None:
    environment = REQUIRED_VARIABLES | {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:4566"}
    issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Dwipper01"
    assert Settings.from_environment(environment).issuer == issuer


@pytest.mark.parametrize("name", REQUIRED_VARIABLES)
@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_missing_variable_is_named(name: str, value: str | None) -> None:
    environment = {key: text for key, text in {**REQUIRED_VARIABLES, name: value}.items() if text is not None}
    with pytest.raises(MisconfiguredError, match=rf"^Missing in the environment: {name}\.$"):
        Settings.from_environment(environment)


def test_all_missing_variables_are_named() -> None:
    with pytest.raises(MisconfiguredError) as caught:
        Settings.from_environment({})
    assert all(name in str(caught.value) for name in REQUIRED_VARIABLES)


@pytest.mark.parametrize(("value", "shards"), [("", 1), ("1", 1), ("8", 8), ("64", 64)])
def test_valid_feed_shards_are_accepted(value: str, shards: int) -> None:
    assert Settings.from_environment(REQUIRED_VARIABLES | {"FEED_SHARDS": value}).feed_shards == shards


@pytest.mark.parametrize("value", ["0", "-1", "65", "1.5", "many", " ", "٣", "1e1", "0x1"])
def test_invalid_feed_shards_are_refused(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="FEED_SHARDS"):
        Settings.from_environment(REQUIRED_VARIABLES | {"FEED_SHARDS": value})


@pytest.mark.parametrize(
    ("value", "seconds"), [("", 0), ("0", 0), ("0.5", 0.5), ("0.0", 0), ("0.125", 0.125), ("0.500", 0.5)]
)
def test_valid_feed_cache_seconds_are_accepted(value: str, seconds: float) -> None:
    assert Settings.from_environment(REQUIRED_VARIABLES | {"FEED_CACHE_SECONDS": value}).feed_cache_seconds == seconds


@pytest.mark.parametrize(
    "value", ["-1", "0.501", "0.6", "1", "2", "0.", "00.1", "1e-1", "nan", "inf", ".5", "0,5", " ", "long"]
)
def test_invalid_feed_cache_seconds_are_refused(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="FEED_CACHE_SECONDS"):
        Settings.from_environment(REQUIRED_VARIABLES | {"FEED_CACHE_SECONDS": value})


@pytest.mark.parametrize(("value", "level"), [("", "INFO"), ("debug", "DEBUG"), ("WARNING", "WARNING")])
def test_valid_log_level_is_accepted(value: str, level: str) -> None:
    assert Settings.from_environment(REQUIRED_VARIABLES | {"LOG_LEVEL": value}).log_level == level


@pytest.mark.parametrize("value", ["ALL", "10", "info "])
def test_invalid_log_level_is_refused(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="LOG_LEVEL"):
        Settings.from_environment(REQUIRED_VARIABLES | {"LOG_LEVEL": value})


@pytest.mark.parametrize(("value", "log_format"), [("", "text"), ("text", "text"), ("json", "json")])
def test_valid_log_format_is_accepted(value: str, log_format: str) -> None:
    assert Settings.from_environment(REQUIRED_VARIABLES | {"LOG_FORMAT": value}).log_format == log_format


@pytest.mark.parametrize("value", ["JSON", "xml", "json "])
def test_invalid_log_format_is_refused(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="LOG_FORMAT"):
        Settings.from_environment(REQUIRED_VARIABLES | {"LOG_FORMAT": value})


@pytest.mark.parametrize(
    ("value", "stage"), [("", "local"), ("prod", "prod"), ("pr-12", "pr-12"), ("a" * 20, "a" * 20)]
)
def test_valid_stage_is_accepted(value: str, stage: str) -> None:
    assert Settings.from_environment(REQUIRED_VARIABLES | {"STAGE": value}).stage == stage


@pytest.mark.parametrize("value", ["Prod", "a" * 21, "a b", "a_b", "é", "prod\n", "$default"])
def test_invalid_stage_is_refused(value: str) -> None:
    with pytest.raises(MisconfiguredError, match="STAGE"):
        Settings.from_environment(REQUIRED_VARIABLES | {"STAGE": value})


@pytest.mark.parametrize("name", MemberLimits.variables())
@pytest.mark.parametrize(("value", "limit"), [("0", 0), ("1", 1), ("1000000", 1_000_000)])
def test_valid_limit_is_accepted(name: str, value: str, limit: int) -> None:
    limits = Settings.from_environment(REQUIRED_VARIABLES | {name: value}).limits
    assert dataclasses.asdict(limits) == dataclasses.asdict(MemberLimits()) | {
        name.removeprefix("LIMIT_").lower(): limit
    }


def test_empty_limit_means_the_default() -> None:
    environment = REQUIRED_VARIABLES | dict.fromkeys(MemberLimits.variables(), "")
    assert Settings.from_environment(environment).limits == MemberLimits()


@pytest.mark.parametrize("name", MemberLimits.variables())
@pytest.mark.parametrize("value", ["-1", "1000001", "1.5", "many", " ", "٣", "1e1", "0x1", "030", "1_0", "1\n", "+1"])
def test_invalid_limit_is_refused(name: str, value: str) -> None:
    with pytest.raises(MisconfiguredError, match=rf"^{name} must be a whole number from 0 to 1000000\."):
        Settings.from_environment(REQUIRED_VARIABLES | {name: value})


def test_settings_are_immutable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings.from_environment(REQUIRED_VARIABLES).region = "us-east-1"  # type: ignore[misc]
