"""DynamoDB's capacity units, by which both designs are compared."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CapacityUnits:
    """Request units of DynamoDB's on-demand tables.

    Attributes:
        write: write request units (WRU).
        read: read request units (RRU).
    """

    write: float = 0.0
    read: float = 0.0
