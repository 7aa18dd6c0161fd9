"""The costs of both designs as tables and a plot."""

from collections.abc import Mapping

from benchmarks import cost_plot, deployment, prices, ranking_costs
from benchmarks.baseline_model import BaselineModel, BaselineParameters
from benchmarks.bill import Bill, bill_million_calls, bill_month
from benchmarks.capacity_units import CapacityUnits
from benchmarks.cost_plot import format_members
from benchmarks.dwipper_model import DwipperModel
from benchmarks.report import Part, Table
from benchmarks.usage import UNSUPPORTED, DesignModel, Unsupported, Usage
from benchmarks.workload import LOG_IN, Workload

_Models = Mapping[str, DesignModel]
_DWIPPS = {"1 thousand": 1e3, "100 thousand": 1e5, "10 million": 1e7}
_MEMBERS = {"10 thousand": 1e4, "1 million": 1e6, "100 million": 1e8}

_INTRODUCTION = """\
These figures are calculated, not measured. They combine the units and milliseconds of the other parts with AWS's
list prices of {as_of} for {region}, without free tiers. The prices could not be checked when they were written down.
Compare [benchmarks/prices.py](prices.py) with the pages that it names before a decision depends on them.

Both designs have the same surroundings, those of `prod`: {memory} MB of memory, logs for a year, alarms, WAF and
point-in-time recovery. Both have the same members, of whom {active:.0%} are active in a month. An active member makes
{requests:.0f} requests a month. Among them are {pages:g} for pages of lists, {upvotes:g} upvotes, {favorites:g}
favorites and {dwipps:g} new Dwipp of 280 characters. The site is a year old, and always had the same size.
[benchmarks/workload.py](workload.py) explains these assumptions.

The baseline design scans its table for each list, at {scan:g} ms per megabyte. It stores reactions as emails in the
item. Reactions are distributed over Dwipps by a law like Zipf's. The figures do not include cold starts, mails,
browsers' preflight requests, queries of logs and traces, support, and taxes."""

_OPERATIONS_NOTE = """\
Each cell is DynamoDB + Lambda. API Gateway and CloudWatch (log and traces) are added, and are the same for both
designs. So are WAF ({waf}) and transfer. The figures of the baseline design are for Dwipps with their reactions, about
20 each. On a small site, the baseline design is cheaper for all operations but lists. It maintains no index, no rows of
reactions, and no records of an `Idempotency-Key`."""

_MONTHS_NOTE = """\
Cognito charges for each active member, the same in both designs. On a large site, that is more than all of Dwipper's
other services together. [deploy/data.yml](../deploy/data.yml) chooses the plan Lite. Essentials, the default plan of a
user pool, would cost ${essentials} a month for a million members. A hundred million members make {rate:,.0f} requests
per second on average, and the stage accepts {limit} reads until its limit is raised. Dwipper's feed then has
{shards} shards, and each page reads all of them."""


def report(
    units: Mapping[str, CapacityUnits], parameters: BaselineParameters, milliseconds: Mapping[str, float]
) -> Part:
    """Calculate the costs of both designs.

    Args:
        units: the capacity of each of Dwipper's operations in the workload, except logins, which only read a row.
        parameters: the assumed sizes and times of the baseline design.
        milliseconds: the duration of Dwipper's function by operation. Defaults replace missing ones.

    Raises:
        KeyError: if the capacity of an operation is missing.
    """
    workload = Workload()
    dwipper = DwipperModel(units, milliseconds, workload)
    baseline = BaselineModel(parameters, milliseconds, workload)
    models: _Models = {"Dwipper": dwipper, "the baseline design": baseline}
    tables = [
        _make_operations_table(dwipper, baseline, workload),
        _make_months_table(models, dwipper.count_feed_shards(1e8), workload),
        ranking_costs.make_table(dwipper),
    ]
    return Part("Cost", _format_introduction(workload, parameters), tables, [cost_plot.make_plot(models, workload)])


def format_dollars(dollars: float) -> str:
    """Format dollars, with cents if the amount is below 100."""
    return f"{dollars:,.2f}" if dollars < 100 else f"{dollars:,.0f}"


def _format_introduction(workload: Workload, parameters: BaselineParameters) -> str:
    calls = workload.calls_per_member
    return _INTRODUCTION.format(
        as_of=prices.AS_OF,
        region=prices.REGION,
        memory=deployment.MEMORY_MB,
        active=workload.active_share,
        pages=sum(count for name, count in calls.items() if name.startswith("page")),
        upvotes=calls["upvote"],
        favorites=calls["favorite"],
        dwipps=workload.count_monthly_dwipps(1) / workload.active_share,
        requests=sum(calls.values()),
        scan=parameters.megabyte_milliseconds,
    )


def _make_operations_table(dwipper: DesignModel, baseline: DesignModel, workload: Workload) -> Table:
    sizes = [workload.estimate_members(dwipps) for dwipps in _DWIPPS.values()]
    surroundings = bill_million_calls(Usage(CapacityUnits(), 0))
    shared = [format_dollars(surroundings[service]) for service in ("API Gateway", "CloudWatch")]
    rows = [
        [
            name,
            _format_operation(dwipper, name, sizes[0]),
            *(_format_operation(baseline, name, size) for size in sizes),
            *shared,
        ]
        for name in workload.calls_per_member
        if name != LOG_IN
    ]
    columns = ["", "Dwipper", *(f"baseline, {name} Dwipps" for name in _DWIPPS), "+ API Gateway", "+ CloudWatch"]
    note = _OPERATIONS_NOTE.format(waf=format_dollars(prices.WAF_REQUESTS.calculate(1e6)))
    return Table("operation_costs", "Dollars per million calls of each operation", columns, rows, note)


def _format_operation(model: DesignModel, operation: str, members: float) -> str:
    usage = model.estimate_usage(operation, members)
    if isinstance(usage, Unsupported):
        return f"{UNSUPPORTED}: {usage.reason}"
    dollars = bill_million_calls(usage)
    refused = f", {usage.refused_share:.1%} refused" if usage.refused_share else ""
    return f"{format_dollars(dollars['DynamoDB'])} + {format_dollars(dollars['Lambda'])}{refused}"


def _make_months_table(models: _Models, shards: int, workload: Workload) -> Table:
    bills = {
        f"{size}, {name}": bill_month(model, members, workload)
        for size, members in _MEMBERS.items()
        for name, model in models.items()
    }
    services = next(list(bill.dollars) for bill in bills.values() if isinstance(bill, Bill))
    rows = [[name, *_format_bill(bill, len(services))] for name, bill in bills.items()]
    columns = ["members", *services, "total", "Cognito, not in the total"]
    note = " ".join([*_describe_limits(bills, models, workload), _format_months_note(shards, workload)])
    return Table("monthly_costs", "Dollars per month", columns, rows, note)


def _format_bill(bill: Bill | Unsupported, services: int) -> list[str]:
    if isinstance(bill, Unsupported):
        return [*["-"] * services, UNSUPPORTED, "-"]
    refused = f", {bill.refused_share:.1%} of reactions refused" if bill.refused_share else ""
    return [
        *map(format_dollars, bill.dollars.values()),
        format_dollars(bill.total) + refused,
        format_dollars(bill.cognito),
    ]


def _describe_limits(bills: Mapping[str, Bill | Unsupported], models: _Models, workload: Workload) -> list[str]:
    """Return a sentence for each size at which a design stops working or begins to refuse reactions."""
    unsupported = [
        f"{name}: {UNSUPPORTED}, because {bill.reason}."
        for name, bill in bills.items()
        if isinstance(bill, Unsupported)
    ]
    refusals = [
        f"From {format_members(members)} members on, {name} refuses reactions to the most popular Dwipps, because "
        "their items are full."
        for name, model in models.items()
        if (members := cost_plot.find_first_refusal(model, workload)) is not None
    ]
    return [*unsupported, *refusals]


def _format_months_note(shards: int, workload: Workload) -> str:
    rate = sum(workload.count_monthly_requests(1e8).values()) / deployment.SECONDS_PER_MONTH
    essentials = format_dollars(prices.COGNITO_ESSENTIALS.calculate(workload.count_active_members(1e6)))
    return _MONTHS_NOTE.format(essentials=essentials, rate=rate, limit=deployment.STAGE_RATE_LIMIT, shards=shards)
