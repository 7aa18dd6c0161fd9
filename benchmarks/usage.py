"""The resources that operations use, and the interface of the models that estimate them. Independent of prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from benchmarks.capacity_units import CapacityUnits
from benchmarks.workload import LOG_IN

UNSUPPORTED = "stops working"

# Assumed for operations that are not measured. A login waits for Cognito.
_DEFAULT_MILLISECONDS = 15.0
_LOG_IN_MILLISECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources of one call.

    Attributes:
        units: DynamoDB's capacity units.
        milliseconds: the duration of the Lambda function.
        refused_share: the share of calls that are permanently refused, 0 to 1.
    """

    units: CapacityUnits
    milliseconds: float
    refused_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The reason why a design does not work at a size, so that it has no price."""

    reason: str


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Bytes in DynamoDB.

    Attributes:
        tables: bytes of the tables, which are backed up.
        indexes: bytes of their indexes, which are not backed up.
    """

    tables: float
    indexes: float = 0.0


class DesignModel(Protocol):
    """A model of a design, which estimates resources from the number of members."""

    def estimate_usage(self, operation: str, members: float) -> Usage | Unsupported:
        """Return the resources of one call on a site with this number of members, or Unsupported."""

    def estimate_storage(self, members: float) -> StoredBytes:
        """Return the bytes that a site with this number of members stores."""


def estimate_milliseconds(operation: str, measured: Mapping[str, float]) -> float:
    """Return the duration of the function for an operation: the measured one, or a default if none was measured."""
    return measured.get(operation, _LOG_IN_MILLISECONDS if operation == LOG_IN else _DEFAULT_MILLISECONDS)
