"""The output of `python -X importtime` gives the time and the depth of every module."""

from benchmarks.import_times import ImportTime, parse

OUTPUT = """\
import time: self [us] | cumulative | imported package
import time:       500 |        500 |     json.decoder
import time:       250 |        750 |   json
import time:     20000 |      20750 | app
import time:       100 |        100 | other
some warning
"""


def test_every_module_has_its_time_and_depth() -> None:
    assert parse(OUTPUT).entries == [
        ImportTime("json.decoder", 0.5, 2),
        ImportTime("json", 0.75, 1),
        ImportTime("app", 20.75, 0),
        ImportTime("other", 0.1, 0),
    ]


def test_total_time_is_the_sum_of_the_top_level_imports() -> None:
    imports = parse(OUTPUT)
    assert (imports.modules, imports.milliseconds) == (4, 20.85)


def test_slowest_modules_precede_their_own_imports_in_the_list() -> None:
    output = OUTPUT.replace("       250 |        750", "     14000 |      14500")
    assert list(parse(output).list_slowest()) == [("app", 20.75, 0), ("json", 14.5, 1)]
