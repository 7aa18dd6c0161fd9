"""Python's account of imports is read as it is written."""

from benchmarks.import_times import Import, read

TOLD = """\
import time: self [us] | cumulative | imported package
import time:       500 |        500 |     json.decoder
import time:       250 |        750 |   json
import time:     20000 |      20750 | app
import time:       100 |        100 | other
some warning
"""


def test_every_module_has_its_time_and_depth() -> None:
    assert read(TOLD).all == [
        Import("json.decoder", 0.5, 2),
        Import("json", 0.75, 1),
        Import("app", 20.75, 0),
        Import("other", 0.1, 0),
    ]


def test_they_take_as_long_as_those_that_nobody_imports() -> None:
    imports = read(TOLD)
    assert (imports.modules, imports.milliseconds) == (4, 20.85)


def test_only_what_takes_long_is_shown_before_what_it_imports() -> None:
    slow = TOLD.replace("       250 |        750", "     14000 |      14500")
    assert list(read(slow).tree()) == [("app", 20.75, 0), ("json", 14.5, 1)]
