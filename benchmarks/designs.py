"""What an operation consumes of DynamoDB, in both designs that are compared; knows not how that was measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Units:
    """Capacity units of DynamoDB's on-demand tables: of writes (WRU) and of reads (RRU)."""

    written: float = 0.0
    read: float = 0.0
