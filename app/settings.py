"""The settings of the process, read from the environment. Imports only `errors`."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self

from app.errors import MisconfiguredError

_REQUIRED = {
    "region": "AWS_REGION",
    "user_pool_id": "USER_POOL_ID",
    "user_pool_client_id": "USER_POOL_CLIENT_ID",
    "dwipps_table": "DWIPPS_TABLE",
    "reactions_table": "REACTIONS_TABLE",
    "members_table": "MEMBERS_TABLE",
    "safety_table": "SAFETY_TABLE",
    "job_queue_url": "JOB_QUEUE_URL",
}
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LOG_FORMATS = ("text", "json")
_MAX_FEED_SHARDS = 64
_SECONDS = re.compile(r"0(\.[0-9]{1,3})?")
_MAX_FEED_CACHE_SECONDS = 0.5  # Lists may lag a write by one second, which includes the lag of the index.
_STAGE = re.compile(r"[a-z0-9-]{1,20}")
# Far above any reasonable limit, so it rejects typing errors. DynamoDB could count more: it accepts 1,000 writes per
# second for the row that counts a member's writes of a kind, which are 3.6 million in an hour.
_MAX_LIMIT = 1_000_000
_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,6}")


@dataclass(frozen=True, slots=True)
class MemberLimits:
    """The number of writes of each kind that a member may make in an hour or a day of UTC. 0 turns a limit off.

    The environment variable of a field has the prefix `LIMIT_`, such as LIMIT_DWIPPS_HOUR for `dwipps_hour`.
    """

    dwipps_hour: int = 30
    dwipps_day: int = 200
    reactions_hour: int = 600
    changes_hour: int = 120
    safety_hour: int = 60

    @classmethod
    def variables(cls) -> tuple[str, ...]:
        """Return the names of the environment variables, in the order of the fields."""
        return tuple(f"LIMIT_{field.name.upper()}" for field in fields(cls))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read and validate the limits.

        Raises:
            MisconfiguredError: names the first invalid variable.
        """
        defaults = zip(cls.variables(), asdict(cls()).items(), strict=True)
        return cls(**{field: _limit(environment, name, default) for name, (field, default) in defaults})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process.

    Endpoints other than Amazon's, proxies and CA bundles are missing here: botocore reads their variables itself.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """

    region: str
    user_pool_id: str
    user_pool_client_id: str
    dwipps_table: str
    reactions_table: str
    members_table: str
    safety_table: str
    job_queue_url: str
    feed_shards: int = 1
    feed_cache_seconds: float = 0
    log_level: str = "INFO"
    log_format: str = "text"
    stage: str = "local"
    limits: MemberLimits = MemberLimits()
    # Only the worker function has these, because only its schedule calls the heartbeat.
    heartbeat_url: str = ""
    heartbeat_secret_arn: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read and validate all settings.

        Raises:
            MisconfiguredError: names all missing variables, or the first invalid one.
        """
        missing = [name for name in _REQUIRED.values() if not environment.get(name)]
        if missing:
            raise MisconfiguredError(f"Missing in the environment: {', '.join(missing)}.")
        return cls(
            **{field: environment[name] for field, name in _REQUIRED.items()},
            feed_shards=_feed_shards(environment.get("FEED_SHARDS") or "1"),
            feed_cache_seconds=_feed_cache_seconds(environment.get("FEED_CACHE_SECONDS") or "0"),
            log_level=_log_level(environment.get("LOG_LEVEL") or "INFO"),
            log_format=_log_format(environment.get("LOG_FORMAT") or "text"),
            stage=_stage(environment.get("STAGE") or "local"),
            limits=MemberLimits.from_environment(environment),
            heartbeat_url=environment.get("HEARTBEAT_URL") or "",
            heartbeat_secret_arn=environment.get("HEARTBEAT_SECRET_ARN") or "",
        )

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the names of all tables."""
        return (self.dwipps_table, self.reactions_table, self.members_table, self.safety_table)

    @property
    def issuer(self) -> str:
        """Return the issuer of the members' tokens, as in their `iss` claim.

        https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
        """
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.user_pool_id}"


def _feed_shards(value: str) -> int:
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= _MAX_FEED_SHARDS:
        raise MisconfiguredError(f"FEED_SHARDS must be a whole number from 1 to {_MAX_FEED_SHARDS}.")
    return int(value)


def _feed_cache_seconds(value: str) -> float:
    if not _SECONDS.fullmatch(value) or float(value) > _MAX_FEED_CACHE_SECONDS:
        raise MisconfiguredError(
            f"FEED_CACHE_SECONDS must be a number from 0 to {_MAX_FEED_CACHE_SECONDS}, with at most three decimals."
        )
    return float(value)


def _limit(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name) or str(default)
    if not _WHOLE_NUMBER.fullmatch(value) or int(value) > _MAX_LIMIT:
        raise MisconfiguredError(f"{name} must be a whole number from 0 to {_MAX_LIMIT}. 0 turns the limit off.")
    return int(value)


def _log_level(value: str) -> str:
    if value.upper() not in _LOG_LEVELS:
        raise MisconfiguredError(f"LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}.")
    return value.upper()


def _log_format(value: str) -> str:
    if value not in _LOG_FORMATS:
        raise MisconfiguredError(f"LOG_FORMAT must be one of {', '.join(_LOG_FORMATS)}.")
    return value


def _stage(value: str) -> str:
    if not _STAGE.fullmatch(value):
        raise MisconfiguredError("STAGE must be 1 to 20 characters of a to z, 0 to 9 and hyphen.")
    return value
