"""A recorder of the capacity that requests consume."""

from dataclasses import dataclass
from typing import Any

from testkit.api_client import MemberClient
from testkit.capacity_meter import CapacityMeter, ConsumedCapacity


@dataclass(slots=True)
class CostRecorder:
    """A recorder of the capacity that each request consumes, by the name of the request."""

    meter: CapacityMeter
    costs: dict[str, ConsumedCapacity]

    async def request(
        self, name: str, member: MemberClient, method: str, path: str, failed_condition_units: float = 1, **options: Any
    ) -> Any:
        """Send a request, which must succeed. Return the body of the response. None if it is empty."""
        with self.meter.measure(failed_condition_units=failed_condition_units) as consumed:
            response = await member.http.request(method, path, **options)
        assert response.is_success, response.text
        self.costs[name] = consumed
        return response.json() if response.content else None
