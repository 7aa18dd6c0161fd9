"""Handles: their form, the reserved ones, and generated ones."""

import random
import re
from itertools import combinations
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.openapi import examples
from app.openapi.formats import MAX_HANDLE_LENGTH

PATTERN = r"^(?!_+$)[a-z0-9_]{3,20}$"


def _validate_form(handle: str) -> str:
    if not is_handle(handle):
        message = "A handle has 3 to 20 characters of a to z, 0 to 9 and _, with at least one letter or digit."
        raise PydanticCustomError("handle", message)
    return handle


Handle = Annotated[
    str,
    AfterValidator(_validate_form),
    Field(
        description="The requested handle: 3 to 20 characters of `a` to `z`, `0` to `9` and `_`, with at least one"
        " letter or digit. Handles that contain `dwipp` are reserved. So are official words such as `admin`,"
        " alone or joined to others by `_`. The first request after the first login claims the handle. If it"
        " is taken by then, a handle is generated. `GET /v1/me` returns the result, which never changes"
        " and is never given to another member.",
        examples=[examples.NEW_MEMBER_HANDLE],
        json_schema_extra={"maxLength": MAX_HANDLE_LENGTH, "pattern": PATTERN},
    ),
]

_SITE_NAME = "dwipp"

# Words that could speak for the site or its operator, that look like a part of a URL or of the API, or that programs
# print for a missing value. Handles that join them to other words by underscores are reserved too.
# ruff: disable[SIM905] -- plain words are easier to extend than a list of literals
RESERVED = frozenset(
    """
    abuse account accounts admin administration administrator admins adm announcement announcements anonymous anybody
    api app apps assets auth authentication authorize aws billing blog board bot bots careers ceo cognito company
    compliance contact copyright cto daemon deleted deleted_user dev developer developers dmca docs dwipp dwipps email
    error everybody everyone explore export faq favorite favorites feed feedback feeds follow followers following
    founder founders ftp gdpr guest guidelines health help helpdesk home host hostmaster http https imprint info inbox
    index invite jobs legal localhost login logout mail mailer mailer_daemon media member members mod moderation
    moderator moderators mods news newsletter nobody none noreply notifications null oauth official openapi operator
    operators ops owner password passwords payment payments postmaster press privacy problem problems profile public
    register registration removed report reports reset rfc root rules safety sales search security self server service
    session sessions settings shower signin signout signup somebody spam staff static status store superuser support
    sys sysadmin system team terms test tester tos trust undefined unknown update updates upvote upvotes user username
    users verified verify void web webmaster website welcome wiki www you
    """.split()
)
_ACTIVITIES = """
    basking bathing blinking bouncing brewing bubbling chasing counting dancing daring daydreaming dozing drifting
    dripping fizzing floating flowing foaming gliding glowing guessing humming idling juggling jumping lathering
    laughing leaping melting mumbling musing napping nodding pacing paddling peeking plotting pondering puzzling
    rambling reading resting rinsing roaming sailing scrubbing shining singing skating sliding smiling soaking
    splashing spinning steaming stirring strolling swaying swimming thinking tumbling waltzing wandering waving
    whistling winking wishing wondering
    """.split()
_ANIMALS = """
    badger bat bear beaver bee bison cat coot crab crane crow deer dolphin dove duck eel egret elk falcon ferret finch
    fish fox frog gecko goat goose gull hare hawk hedgehog heron horse ibis jay koala lark lemur llama lynx magpie
    marten mole moose moth mouse newt otter owl panda parrot pelican penguin pigeon puffin quail rabbit raccoon raven
    robin seal shrew skunk sloth snail sparrow squid stork swan swift toad trout turtle walrus weasel whale wombat wren
    yak zebra
    """.split()
# ruff: enable[SIM905]


def is_handle(value: str) -> bool:
    """Return True if the value has the form of a handle, reserved or not."""
    return re.fullmatch(PATTERN, value) is not None


def is_reserved(handle: str) -> bool:
    """Return True if the handle contains the site's name, or a reserved word as one or more of its parts.

    Underscores separate the parts. Adjacent parts are also compared without them, so `ad_min` is reserved. Digits and
    pairs of letters count as the letters that they resemble, unless a part has only digits.
    """
    parts = handle.split("_")
    if _fold_lookalikes(_SITE_NAME) in _fold_lookalikes("".join(parts)):
        return True
    words = ("".join(parts[start:end]) for start, end in combinations(range(len(parts) + 1), 2))
    return any(_fold_lookalikes(word) in _RESERVED_FOLDED for word in words if not word.isdecimal())


def generate_handle() -> str:
    """Return a random handle, such as `rinsing_otter_48`."""
    while True:
        activity, animal, number = random.choice(_ACTIVITIES), random.choice(_ANIMALS), random.randint(10, 99999)  # noqa: S311
        handle = f"{activity}_{animal}_{number}"
        if is_handle(handle) and not is_reserved(handle):
            return handle


def _fold_lookalikes(text: str) -> str:
    """Replace characters by the letters that they resemble, so that lookalikes become equal."""
    for pair, letter in _LOOKALIKE_PAIRS:
        text = text.replace(pair, letter)
    return text.translate(_LOOKALIKES)


_LOOKALIKE_PAIRS = (("vv", "w"), ("uu", "w"), ("rn", "m"), ("cl", "d"))
_LOOKALIKES = str.maketrans("0123456789l", "oizeasbtbgi")
_RESERVED_FOLDED = frozenset(_fold_lookalikes(word.replace("_", "")) for word in RESERVED)
