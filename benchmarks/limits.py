"""AWS's quotas, and the load at which Dwipper reaches each of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.capacity_units import CapacityUnits
from benchmarks.deployment import STAGE_RATE_LIMIT
from benchmarks.report import Part, Table

_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"
_QUOTAS = f"{_DYNAMODB}/ServiceQuotas.html"
_PARTITIONS = f"{_DYNAMODB}/bp-partition-key-design.html"
_ON_DEMAND = f"{_DYNAMODB}/on-demand-capacity-mode.html"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_CONCURRENCY = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"
_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"
_COGNITO = "https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html"

# All rates are per second.
PARTITION_READS = 3_000
PARTITION_WRITES = 1_000
TABLE_UNITS = 40_000
INSTANCES = 1_000
INSTANCE_REQUESTS = 10  # regardless of their duration
LOGINS = 120
REGISTRATIONS = 50
RESETS = 30

# Read units: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
MIN_READ = 0.5
BLOCKS_READ = 0.5  # The read units of a page in the members table: the reader's blocks, up to 4 KB.
# The write units of an upvote in the Dwipps table: the item, in a transaction, and an entry in each of two indexes.
ITEM_WRITES = 2
INDEX_WRITES = 2

_INTRODUCTION = """\
Quotas are the defaults in AWS's documentation. A new account may have lower ones. The loads follow from the measured
capacity of the operations. DynamoDB splits a hot partition automatically. That does not help a feed, where all new rows
go to the end of the partition."""

_PARTITION_READ_QUOTA = f"{PARTITION_READS:,} RRU/s"
_PARTITION_WRITE_QUOTA = f"{PARTITION_WRITES:,} WRU/s"
_NO_REMEDY = "none; further requests get 503"
_NOT_NEEDED = "not needed"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of AWS. All texts are for the report.

    Attributes:
        name: the limited resource.
        quota: the quota, with its unit.
        reached_at: the load of Dwipper that reaches the quota.
        remedy: the way to raise the quota, or to reach it later.
        source: the address of AWS's documentation.
    """

    name: str
    quota: str
    reached_at: str
    remedy: str
    source: str


def report(units: Mapping[str, CapacityUnits], milliseconds: float) -> Part:
    """Return the limits as a table.

    Args:
        units: the capacity of the operations.
        milliseconds: the duration of the function for a page of the feed.
    """
    columns = ("limit", "quota", "reached at", "remedy", "source")
    rows = [
        (limit.name, limit.quota, limit.reached_at, limit.remedy, f"[AWS]({limit.source})")
        for limit in list_limits(units, milliseconds)
    ]
    table = Table("limits", "The load at which each limit is reached", columns, rows, is_numeric=False)
    return Part("Limits", _INTRODUCTION, [table])


def list_limits(units: Mapping[str, CapacityUnits], milliseconds: float) -> list[Limit]:
    """Return all limits. Those that Dwipper can reach come first. The arguments are those of `report`."""
    return [
        *_list_account_limits(milliseconds),
        *_list_partition_limits(units),
        *_list_table_limits(units),
        *_list_unreachable_limits(),
    ]


def _list_account_limits(milliseconds: float) -> list[Limit]:
    rate = INSTANCES * min(1000 / milliseconds, INSTANCE_REQUESTS)
    return [
        Limit(
            "requests to the stage",
            f"{STAGE_RATE_LIMIT} requests/s",
            f"{STAGE_RATE_LIMIT} requests/s",
            "deploy/limits.js, up to the account's 10,000",
            _GATEWAY,
        ),
        Limit(
            "concurrent instances of all functions",
            f"{INSTANCES:,}, each with {INSTANCE_REQUESTS} requests/s; a function gets 1,000 more every 10 s",
            f"{rate:,.0f} requests/s",
            "Lambda's quota; reserved concurrency for this function; provisioned concurrency before a peak",
            _CONCURRENCY,
        ),
        Limit("logins and refreshes", f"{LOGINS}/s", f"{LOGINS} logins/s", "Cognito's quota", _COGNITO),
        Limit(
            "registrations and confirmations",
            f"{REGISTRATIONS}/s",
            f"{REGISTRATIONS / 2:.0f} new members/s",
            "Cognito's quota",
            _COGNITO,
        ),
        Limit(
            "requests for password resets, and resets",
            f"{RESETS}/s",
            f"{RESETS / 2:.0f} resets/s",
            "none; further requests get 429",
            _COGNITO,
        ),
    ]


def _list_partition_limits(units: Mapping[str, CapacityUnits]) -> list[Limit]:
    page = _get_feed_reads(units)
    # A page without reactions reads them too, and finds none.
    reactions = units["page of the feed"].read - units["page of the feed, without reactions"].read
    own_reactions = max(reactions, MIN_READ)
    return [
        Limit(
            "reads of a partition of the feed",
            _PARTITION_READ_QUOTA,
            f"{PARTITION_READS / page:,.0f} pages of the feed/s",
            "`FEED_CACHE_SECONDS`; not `FEED_SHARDS`, because a page reads all partitions",
            _PARTITIONS,
        ),
        Limit(
            "writes to a partition of the feed",
            _PARTITION_WRITE_QUOTA,
            f"{PARTITION_WRITES:,} upvotes, Dwipps and edits/s on the whole site",
            "`FEED_SHARDS`: n shards accept n times the load",
            _PARTITIONS,
        ),
        Limit(
            "writes to one Dwipp",
            _PARTITION_WRITE_QUOTA,
            f"{PARTITION_WRITES / ITEM_WRITES:,.0f} upvotes/s of one Dwipp; fewer if they conflict, see Contention",
            _NO_REMEDY,
            _PARTITIONS,
        ),
        Limit(
            "writes to one author's list",
            _PARTITION_WRITE_QUOTA,
            f"{PARTITION_WRITES:,} upvotes/s of one author's Dwipps",
            _NO_REMEDY,
            _PARTITIONS,
        ),
        Limit(
            "reads of one member's reactions",
            _PARTITION_READ_QUOTA,
            f"{PARTITION_READS / own_reactions:,.0f} pages/s by one member",
            _NOT_NEEDED,
            _PARTITIONS,
        ),
    ]


def _list_table_limits(units: Mapping[str, CapacityUnits]) -> list[Limit]:
    page = _get_feed_reads(units)
    return [
        Limit(
            "reads of a table and its indexes",
            f"{TABLE_UNITS:,} RRU/s",
            f"{TABLE_UNITS / page:,.0f} pages of the feed/s, divided by `FEED_SHARDS`",
            "DynamoDB's quota",
            _QUOTAS,
        ),
        Limit(
            "writes to a table and its indexes",
            f"{TABLE_UNITS:,} WRU/s",
            f"{TABLE_UNITS / (ITEM_WRITES + INDEX_WRITES):,.0f} upvotes/s",
            "DynamoDB's quota",
            _QUOTAS,
        ),
        Limit(
            "sudden peaks",
            "twice the table's last peak within 30 minutes; 4,000 WRU/s and 12,000 RRU/s for a new table",
            "more than twice the highest earlier load",
            "warm throughput, set before the peak",
            _ON_DEMAND,
        ),
    ]


def _list_unreachable_limits() -> list[Limit]:
    return [
        Limit(
            "size of an item",
            "400 KB",
            "never: a Dwipp has at most 1.5 KB, a reaction 0.2 KB, a member's blocks 10 KB",
            _NOT_NEEDED,
            _QUOTAS,
        ),
        Limit(
            "response of DynamoDB",
            "1 MB",
            "never: 501 Dwipps of the maximum size have 0.7 MB",
            _NOT_NEEDED,
            _QUOTAS,
        ),
        Limit("size of a transaction", "100 items, 4 MB", "never: two items", _NOT_NEEDED, _QUOTAS),
        Limit("response of Lambda", "6 MB", "never: see Ceilings", _NOT_NEEDED, _LAMBDA),
        Limit(
            "duration of a request through API Gateway",
            "29 s",
            "never: it ends within 24 s, see Ceilings",
            _NOT_NEEDED,
            _GATEWAY,
        ),
    ]


def _get_feed_reads(units: Mapping[str, CapacityUnits]) -> float:
    """Return the read units of a page of the feed in the Dwipps table."""
    return units["page of the feed, without reactions"].read - BLOCKS_READ
