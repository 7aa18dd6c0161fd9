"""The content of the seed: the first members, their Dwipps and the reactions to them. All texts are our own."""

from datetime import timedelta
from typing import Final, NamedTuple

PASSWORD: Final = "shower-thoughts"  # noqa: S105 -- no secret: every start prints the demo login
DEMO_HANDLE: Final = "demo"
# The id in the examples of the OpenAPI document. The seed contains this Dwipp, so that the examples succeed. It is the
# oldest Dwipp, and the demo account is its author.
EXAMPLE_ID: Final = "019a3f6c-21e4-7b09-8d57-4c1e9ab03f62"
# The id in the examples of operations on the Dwipps of others.
OTHERS_EXAMPLE_ID: Final = "019a3f6c-21e5-7c31-9b42-7d0f2ac85e10"


class Thought(NamedTuple):
    """A Dwipp and its reactions.

    Attributes:
        author: the handle of the author.
        text: the text.
        upvoted_by: the handles of the members that upvoted the Dwipp.
        favorited_by: the handles of the members that favorited the Dwipp.
        dwipp_id: the id of the Dwipp. None for a new one.
        age: the time between the creation of the Dwipp and the seed, unless the id is given.
    """

    author: str
    text: str
    upvoted_by: tuple[str, ...] = ()
    favorited_by: tuple[str, ...] = ()
    dwipp_id: str | None = None
    age: timedelta = timedelta(0)


# The moderator. The handle is another word, because `moderator` is a reserved handle.
MODERATOR_EMAIL: Final = "moderator@example.org"
MODERATOR_HANDLE: Final = "lifeguard_lee"

MEMBERS: Final = (DEMO_HANDLE, MODERATOR_HANDLE, "steamy_stella", "conditioner_carl", "loofah_lu", "cold_tap_kim")

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Oldest first. By ages and upvotes, each ranked list has another leader.
THOUGHTS: Final = (
    Thought(
        DEMO_HANDLE,
        "The best ideas must be waterproof, or we would never have had them.",
        upvoted_by=("steamy_stella",),
        dwipp_id=EXAMPLE_ID,
    ),
    Thought(
        "steamy_stella",
        "Every shower is a standing ovation for a song nobody asked for.",
        upvoted_by=MEMBERS,
        dwipp_id=OTHERS_EXAMPLE_ID,
    ),
    Thought(
        "conditioner_carl",
        "Shampoo says 'repeat' but never when to stop: the first infinite loop most of us ever obeyed.",
        upvoted_by=("steamy_stella", "cold_tap_kim", "loofah_lu", "demo", MODERATOR_HANDLE),
        favorited_by=("demo", "cold_tap_kim"),
        age=20 * _DAY,
    ),
    Thought(
        "cold_tap_kim",
        "The snooze button is a loan from your morning self, at terrible interest.",
        upvoted_by=("demo",),
        age=12 * _DAY,
    ),
    Thought(
        "loofah_lu",
        "A towel gets dirty by touching you only when you are at your cleanest.",
        upvoted_by=("steamy_stella", "conditioner_carl"),
        favorited_by=("demo",),
        age=6 * _DAY,
    ),
    Thought(
        "steamy_stella",
        "Somewhere there is a spoon that has been to more birthday parties than you.",
        upvoted_by=("cold_tap_kim",),
        age=4 * _DAY,
    ),
    Thought(
        DEMO_HANDLE,
        "We say 'sleep on it' about decisions, and then wake up having decided to sleep more.",
        upvoted_by=("steamy_stella", "loofah_lu"),
        age=50 * _HOUR,
    ),
    Thought(
        "cold_tap_kim",
        "Your reflection has never once seen you leave the house.",
        upvoted_by=("conditioner_carl", "loofah_lu", "steamy_stella", MODERATOR_HANDLE),
        favorited_by=("loofah_lu",),
        age=30 * _HOUR,
    ),
    Thought(
        "conditioner_carl",
        "Elevators are the only rooms where we face the door and hope that nobody else comes to the party.",
        age=21 * _HOUR,
    ),
    Thought(
        "loofah_lu",
        "Soap is the only colleague that gets smaller the better it works.",
        upvoted_by=("demo", "cold_tap_kim", "steamy_stella"),
        age=14 * _HOUR,
    ),
    Thought(
        "steamy_stella",
        "The first person to hear a parrot talk must have had a very long walk home.",
        upvoted_by=("demo",),
        favorited_by=("demo", "conditioner_carl"),
        age=7 * _HOUR,
    ),
    Thought(
        "conditioner_carl",
        "Umbrellas are hats that gave up on commitment.",
        upvoted_by=("loofah_lu", "steamy_stella"),
        age=3 * _HOUR,
    ),
    Thought(
        "cold_tap_kim",
        "The mirror fogs up at the exact moment you finally look your best.",
        age=40 * _MINUTE,
    ),
)


def to_email(handle: str) -> str:
    """Return the email address of a member. RFC 2606 reserves the domain for examples."""
    return MODERATOR_EMAIL if handle == MODERATOR_HANDLE else f"{handle}@example.org"
