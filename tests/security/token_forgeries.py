"""All hostile tokens, each by the one thing that is wrong with it."""

from collections.abc import Mapping

from testkit.forged_tokens import Attack
from tests.security.token_algorithms import ALGORITHMS
from tests.security.token_claims import CLAIMS
from tests.security.token_headers import HEADERS
from tests.security.token_structures import STRUCTURES

FAMILIES: Mapping[str, Mapping[str, Attack]] = {
    "algorithms": ALGORITHMS,
    "headers": HEADERS,
    "structures": STRUCTURES,
    "claims": CLAIMS,
}
FORGERIES: Mapping[str, Attack] = {name: attack for family in FAMILIES.values() for name, attack in family.items()}


def forged(name: str) -> str:
    return FORGERIES[name]()
