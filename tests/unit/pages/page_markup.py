"""The markup of a page, for tests."""

from html.parser import HTMLParser

_VOID_ELEMENTS = frozenset({"link", "meta"})


class PageMarkup(HTMLParser):
    """The references and ids of a page.

    Raises:
        AssertionError: if elements are not closed in order, or if a script or a style is inline.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.ids: list[str] = []
        self.open_elements: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open_elements

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert tag != "style"
        assert tag != "script" or "src" in attributes
        assert not {name for name in attributes if name == "style" or name.startswith("on")}
        self.references += [attributes[name] for name in ("href", "src") if name in attributes]
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.open_elements += [] if tag in _VOID_ELEMENTS else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open_elements.pop() == tag

    @property
    def followed_references(self) -> list[str]:
        """Return the references without those to sections of the page and to inline data."""
        return [reference for reference in self.references if not reference.startswith(("#", "data:"))]
