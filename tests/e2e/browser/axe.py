"""axe-core, which finds barriers for people with disabilities: https://github.com/dequelabs/axe-core."""

from devstack.paths import ROOT
from tests.e2e.browser.browser import Browser

_FILE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """
return axe.run(arguments[0], {resultTypes: ['violations']}).then(({violations}) =>
  violations.flatMap(({id, nodes}) => nodes.map(({target}) => `${id}: ${target.join(' ')}`)));
"""


def find_violations(browser: Browser, selector: str = "html") -> list[str]:
    """Return the violated rules of a part of the present page, each with the selector of an element."""
    assert _FILE.exists(), "axe-core is missing. Run `npm ci`."
    browser.run_script(_FILE.read_text("utf-8"))
    violations: list[str] = browser.run_script(_RUN, selector)
    return violations
