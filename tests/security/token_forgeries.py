"""The forged tokens that cause no fetch of keys, by name. The name describes the flaw."""

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


def forge(name: str) -> str:
    """Return a new forged token by its name."""
    return FORGERIES[name]()
