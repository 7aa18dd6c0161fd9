"""What a partition, an item and an account can take, and at which load of Dwipper's each gives way."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.deployment import STAGE_LIMIT
from benchmarks.designs import Units
from benchmarks.report import Part, Table

_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"
_QUOTAS = f"{_DYNAMODB}/ServiceQuotas.html"
_PARTITIONS = f"{_DYNAMODB}/bp-partition-key-design.html"
_ON_DEMAND = f"{_DYNAMODB}/on-demand-capacity-mode.html"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_CONCURRENCY = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"
_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"
_COGNITO = "https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html"

PARTITION_READS = 3_000
PARTITION_WRITES = 1_000
TABLE_UNITS = 40_000
INSTANCES = 1_000
REQUESTS_AN_INSTANCE = 10  # a second, however short they are
LOGINS = 120
REGISTRATIONS = 50
RESETS = 30

# What an upvote writes of the table of Dwipps: the item, in a transaction, and an entry in each of two indexes.
ITEM_WRITES = 2
INDEX_WRITES = 2

_ABOUT = """\
Quotas are AWS's defaults, by its documentation; a new account may have less. What is asked of each follows from the
capacity ledger. DynamoDB splits a hot partition by itself, which helps nobody where all that is new goes to its end, as
in a feed."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, the load at which it is met, and what moves it."""

    what: str
    is_: str
    met: str
    moved_by: str
    source: str


def part(units: Mapping[str, Units], milliseconds: float) -> Part:
    """The limits.

    Args:
        units: what operations consume, by the ledger.
        milliseconds: how long an instance works on a page of the feed.
    """
    columns = ("limit", "is", "is met at", "what moves it", "source")
    rows = [
        (each.what, each.is_, each.met, each.moved_by, f"[AWS]({each.source})") for each in limits(units, milliseconds)
    ]
    return Part("Limits", _ABOUT, [Table("limits", "At which load each part gives way", columns, rows, figures=False)])


def limits(units: Mapping[str, Units], milliseconds: float) -> list[Limit]:
    """All of them, those that Dwipper meets first before those it cannot meet."""
    return [*_of_account(milliseconds), *_of_partitions(units), *_of_tables(units), *_never_met()]


def _of_account(milliseconds: float) -> list[Limit]:
    rate = INSTANCES * min(1000 / milliseconds, REQUESTS_AN_INSTANCE)
    return [
        Limit(
            "requests to the stage",
            f"{STAGE_LIMIT} a second",
            f"{STAGE_LIMIT} requests/s",
            "deploy/gateway.yml, up to the account's 10,000",
            _GATEWAY,
        ),
        Limit(
            "instances of all functions",
            f"{INSTANCES:,}, {REQUESTS_AN_INSTANCE} requests a second each; a function gets 1,000 more every 10 s",
            f"{rate:,.0f} requests/s",
            "Lambda's quota; reserved concurrency keeps some for it, provisioned concurrency has some started",
            _CONCURRENCY,
        ),
        Limit("logins and refreshes", f"{LOGINS} a second", f"{LOGINS} logins/s", "Cognito's quota", _COGNITO),
        Limit(
            "registrations and their confirmations",
            f"{REGISTRATIONS} a second",
            f"{REGISTRATIONS / 2:.0f} new members/s",
            "Cognito's quota",
            _COGNITO,
        ),
        Limit(
            "forgotten passwords and their resets",
            f"{RESETS} a second",
            f"{RESETS / 2:.0f} resets/s",
            "nothing; 429 beyond it",
            _COGNITO,
        ),
    ]


def _of_partitions(units: Mapping[str, Units]) -> list[Limit]:
    page = units["page of the feed, without reactions"].read
    own = units["page of the feed"].read - page
    upvotes = f"{PARTITION_WRITES / ITEM_WRITES:,.0f} upvotes/s of one Dwipp; in conflict fewer, see Contention"
    return [
        Limit(
            "reads of a partition of the feed",
            f"{PARTITION_READS:,} RRU a second",
            f"{PARTITION_READS / page:,.0f} pages of the feed/s",
            "`FEED_CACHE_SECONDS`; not `FEED_SHARDS`, since a page reads them all",
            _PARTITIONS,
        ),
        Limit(
            "writes to a partition of the feed",
            f"{PARTITION_WRITES:,} WRU a second",
            f"{PARTITION_WRITES:,} upvotes, Dwipps and edits/s on the whole site",
            "`FEED_SHARDS`, as many times",
            _PARTITIONS,
        ),
        Limit(
            "writes to one Dwipp", f"{PARTITION_WRITES:,} WRU a second", upvotes, "nothing; 503 beyond it", _PARTITIONS
        ),
        Limit(
            "writes to one author's list",
            f"{PARTITION_WRITES:,} WRU a second",
            f"{PARTITION_WRITES:,} upvotes/s of one author's Dwipps",
            "nothing; 503 beyond it",
            _PARTITIONS,
        ),
        Limit(
            "reads of one member's reactions",
            f"{PARTITION_READS:,} RRU a second",
            f"{PARTITION_READS / own:,.0f} pages/s by one member",
            "nothing needs to",
            _PARTITIONS,
        ),
    ]


def _of_tables(units: Mapping[str, Units]) -> list[Limit]:
    page = units["page of the feed, without reactions"].read
    return [
        Limit(
            "reads of a table with its indexes",
            f"{TABLE_UNITS:,} RRU a second",
            f"{TABLE_UNITS / page:,.0f} pages of the feed/s, by `FEED_SHARDS`",
            "DynamoDB's quota",
            _QUOTAS,
        ),
        Limit(
            "writes to a table with its indexes",
            f"{TABLE_UNITS:,} WRU a second",
            f"{TABLE_UNITS / (ITEM_WRITES + INDEX_WRITES):,.0f} upvotes/s",
            "DynamoDB's quota",
            _QUOTAS,
        ),
        Limit(
            "a sudden crowd",
            "twice the table's last peak, anew every 30 minutes; a new table 4,000 WRU and 12,000 RRU a second",
            "more than twice what ever was",
            "warm throughput, before the crowd",
            _ON_DEMAND,
        ),
    ]


def _never_met() -> list[Limit]:
    return [
        Limit("an item", "400 KB", "never: a Dwipp has 1.5 KB at most, a reaction 0.2", "nothing needs to", _QUOTAS),
        Limit(
            "an answer of DynamoDB", "1 MB", "never: 501 of the largest Dwipps have 0.7", "nothing needs to", _QUOTAS
        ),
        Limit("a transaction", "100 items, 4 MB", "never: two items", "nothing needs to", _QUOTAS),
        Limit("an answer of Lambda", "6 MB", "never: see Ceilings", "nothing needs to", _LAMBDA),
        Limit(
            "a request through API Gateway", "29 s", "never: over within 24, see Ceilings", "nothing needs to", _GATEWAY
        ),
    ]
