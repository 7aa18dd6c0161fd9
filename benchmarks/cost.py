"""What both designs cost, as tables and a plot; knows not how it is reckoned."""

from collections.abc import Mapping

from benchmarks import cost_plot, deployment, prices
from benchmarks.bill import Bill, million, month
from benchmarks.cost_plot import rounded
from benchmarks.designs import Units
from benchmarks.growth import Growing, Usual
from benchmarks.report import Part, Table
from benchmarks.work import STOPS, Design, Dwipper, Stop, Work
from benchmarks.workload import LOG_IN, Mix

_Designs = Mapping[str, Design]
_DWIPPS = {"1 thousand": 1e3, "100 thousand": 1e5, "10 million": 1e7}
_MEMBERS = {"10 thousand": 1e4, "1 million": 1e6, "100 million": 1e8}

_ABOUT = """\
Reckoned, not measured: the units and milliseconds of the other parts, at Amazon's list prices of {known} for {region},
free tiers left out. They could not be looked up: check [benchmarks/prices.py](prices.py) against the pages it names.
Both designs are given the same surroundings, those of `prod` ({memory} MB of memory, logs for a year, alarms, WAF,
point-in-time recovery), and the same members: {active:.0%} of them come in a month, each for {pages:g} pages of lists,
{upvotes:g} upvotes, {favorites:g} favorites and {written:g} new Dwipp of 280 characters, {requests:.0f} requests.
The site has been of that size for a year ([benchmarks/workload.py](workload.py) says why). The usual design scans its
table for each list, at {scan:g} ms a megabyte, and keeps who reacted as emails in the item. Reactions fall on Dwipps
by a law like Zipf's. Left out: cold starts, mails, browsers' preflight requests, queries of logs and traces, support,
taxes."""

_OF_OPERATIONS = """\
Each cell is DynamoDB + Lambda. API Gateway and CloudWatch (log and traces) come on top, the same for both, as do WAF
({waf}) and transfer. What the usual design takes is for Dwipps with their reactions, some 20 each. Where it is small it
is the cheaper one for all but lists: it keeps no index, no row of a reaction, and nothing of an `Idempotency-Key`."""

_OF_MONTHS = """\
Cognito asks for each member who comes, whatever the design, and more than all the rest together:
[deploy/data.yml](../deploy/data.yml) asks for its plan Lite. Essentials, the plan of a pool that names none, would be
{essentials} for a million members. A hundred million members ask {rate:,.0f} times a second on average, where the stage
lets {limit} through until that is raised; Dwipper's feed has {shards} shards then, of which a page reads each."""


def part(ledger: Mapping[str, Units], usual: Usual, milliseconds: Mapping[str, float]) -> Part:
    """What both designs cost.

    Args:
        ledger: what each operation of Dwipper consumes: all of `mix.Mix.calls` but logins, which consume nothing.
        usual: how large the usual design's items are, and where it ends.
        milliseconds: how long Dwipper's function works on an operation; what is missing is assumed.
    """
    mix = Mix()
    dwipper, growing = Dwipper(ledger, milliseconds, mix), Growing(usual, milliseconds, mix)
    designs: _Designs = {"Dwipper": dwipper, "the usual design": growing}
    tables = [_operations(dwipper, growing, mix), _months(designs, dwipper.feed_shards(1e8), mix)]
    return Part("Cost", _about(mix, usual), tables, [cost_plot.plot(designs, mix)])


def money(dollars: float) -> str:
    """Dollars as they are printed: with cents where they matter."""
    return f"{dollars:,.2f}" if dollars < 100 else f"{dollars:,.0f}"


def _about(mix: Mix, usual: Usual) -> str:
    calls = mix.calls
    return _ABOUT.format(
        known=prices.KNOWN,
        region=prices.REGION,
        memory=deployment.MEMORY_MB,
        active=mix.active,
        pages=sum(times for name, times in calls.items() if name.startswith("page")),
        upvotes=calls["upvote"],
        favorites=calls["favorite"],
        written=mix.written(1) / mix.active,
        requests=sum(calls.values()),
        scan=usual.megabyte_milliseconds,
    )


def _operations(dwipper: Design, growing: Design, mix: Mix) -> Table:
    sizes = [mix.members(dwipps) for dwipps in _DWIPPS.values()]
    around = million(Work(Units(), 0))
    rest = [money(around[service]) for service in ("API Gateway", "CloudWatch")]
    rows = [
        [name, _million(dwipper, name, sizes[0]), *(_million(growing, name, size) for size in sizes), *rest]
        for name in mix.calls
        if name != LOG_IN
    ]
    columns = ["", "Dwipper", *(f"usual, {name} Dwipps" for name in _DWIPPS), "+ API Gateway", "+ CloudWatch"]
    note = _OF_OPERATIONS.format(waf=money(prices.WAF_REQUESTS.of(1e6)))
    return Table("cost_of_operations", "Dollars for a million of each operation", columns, rows, note)


def _million(design: Design, operation: str, members: float) -> str:
    work = design.work(operation, members)
    if isinstance(work, Stop):
        return f"{STOPS}: {work.why}"
    dollars = million(work)
    refused = f", {work.refused:.1%} refused" if work.refused else ""
    return f"{money(dollars['DynamoDB'])} + {money(dollars['Lambda'])}{refused}"


def _months(designs: _Designs, shards: int, mix: Mix) -> Table:
    bills = {
        f"{size}, {name}": month(design, members, mix)
        for size, members in _MEMBERS.items()
        for name, design in designs.items()
    }
    services = next(list(bill.dollars) for bill in bills.values() if isinstance(bill, Bill))
    rows = [[name, *_cells(bill, len(services))] for name, bill in bills.items()]
    columns = ["members", *services, "together", "Cognito, apart"]
    note = " ".join([*_limits(bills, designs, mix), _of_months(shards, mix)])
    return Table("cost_of_months", "Dollars a month", columns, rows, note)


def _cells(bill: Bill | Stop, services: int) -> list[str]:
    if isinstance(bill, Stop):
        return [*["-"] * services, STOPS, "-"]
    refused = f", {bill.refused:.1%} of reactions refused" if bill.refused else ""
    return [*map(money, bill.dollars.values()), money(bill.total) + refused, money(bill.cognito)]


def _limits(bills: Mapping[str, Bill | Stop], designs: _Designs, mix: Mix) -> list[str]:
    stops = [f"{name}: {STOPS}, since {bill.why}." for name, bill in bills.items() if isinstance(bill, Stop)]
    full = [
        f"From {rounded(members)} members on {name} refuses reactions to the most popular Dwipps, whose items are full."
        for name, design in designs.items()
        if (members := cost_plot.first_refusal(design, mix)) is not None
    ]
    return [*stops, *full]


def _of_months(shards: int, mix: Mix) -> str:
    rate = sum(mix.requests(1e8).values()) / deployment.SECONDS_A_MONTH
    essentials = money(prices.COGNITO_ESSENTIALS.of(mix.active_members(1e6)))
    return _OF_MONTHS.format(essentials=essentials, rate=rate, limit=deployment.STAGE_LIMIT, shards=shards)
