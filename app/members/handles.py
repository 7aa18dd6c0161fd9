"""Handles: which there can be, which nobody gets, and made-up ones; knows no table and no HTTP."""

import random
import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

PATTERN = r"^[a-z0-9_]{3,20}$"


def _well_formed(handle: str) -> str:
    if not is_handle(handle):
        raise PydanticCustomError("handle", "A handle is 3 to 20 of a to z, 0 to 9 and _.")
    return handle


Handle = Annotated[
    str,
    AfterValidator(_well_formed),
    Field(
        description="A wish, of 3 to 20 of `a` to `z`, `0` to `9` and `_`. It is yours from your first request after"
        " logging in; if somebody was faster you get a made-up one, which `GET /v1/me` tells. It is never changed, and"
        " never given to anybody else.",
        examples=["rinsing_otter_48"],
        json_schema_extra={"pattern": PATTERN},
    ),
]

_HOUSE = "dwipper"

# Names that would let a member speak for the house or its law, that read like a part of an address or of the API, or
# that programs print for "nobody". Any handle with the house's own name in it is reserved as well.
# ruff: disable[SIM905] -- in words, not in literals: a moderator adds to these
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
_DOINGS = """
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
    """Whether somebody could have this handle, reserved or not."""
    return re.fullmatch(PATTERN, value) is not None


def is_reserved(handle: str) -> bool:
    """Whether nobody gets this handle; underscores hide no reserved word."""
    bare = handle.replace("_", "")
    return _HOUSE in bare or bare in _RESERVED_BARE


def made_up() -> str:
    """A handle for somebody who wished for none, such as `rinsing_otter_48`."""
    while True:
        words = f"{random.choice(_DOINGS)}_{random.choice(_ANIMALS)}_{random.randint(10, 99999)}"  # noqa: S311
        if is_handle(words):
            return words


_RESERVED_BARE = frozenset(word.replace("_", "") for word in RESERVED)
