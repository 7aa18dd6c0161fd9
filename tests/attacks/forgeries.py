"""All hostile tokens, each by the one thing that is wrong with it."""

from collections.abc import Mapping

from tests.attacks.algorithms import ALGORITHMS
from tests.attacks.claims import CLAIMS
from tests.attacks.headers import HEADERS
from tests.attacks.structures import STRUCTURES
from tests.forgery import Attack

FAMILIES: Mapping[str, Mapping[str, Attack]] = {
    "algorithms": ALGORITHMS,
    "headers": HEADERS,
    "structures": STRUCTURES,
    "claims": CLAIMS,
}
FORGERIES: Mapping[str, Attack] = {name: attack for family in FAMILIES.values() for name, attack in family.items()}


def forged(name: str) -> str:
    return FORGERIES[name]()
