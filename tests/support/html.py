"""A page as a browser takes it in: its text, its elements with their attributes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Page", "page_of"]


@dataclass(kw_only=True)
class Page:
    """Elements in order as (name, attributes); text pieces without white space around them."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def names(self) -> set[str]:
        return {name for name, _ in self.elements}

    def attributes(self) -> set[str]:
        return {name for _, attributes in self.elements for name in attributes}

    def having(self, name: str, **wanted: str) -> Iterator[dict[str, str]]:
        """The attributes of those elements that have the wanted ones."""
        for one, attributes in self.elements:
            if one == name and wanted.items() <= attributes.items():
                yield attributes

    def headings(self) -> list[int]:
        """The levels of the headings, in order."""
        return [int(name[1]) for name, _ in self.elements if name in ("h1", "h2", "h3", "h4")]

    def links(self) -> list[str]:
        return [attributes["href"] for attributes in self.having("a")]


def page_of(text: str) -> Page:
    """Parse a page."""
    page = Page()

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            page.elements.append((tag, {name: value or "" for name, value in attrs}))

        def handle_data(self, data: str) -> None:
            if data.strip():
                page.texts.append(" ".join(data.split()))

    parser = Parser()
    parser.feed(text)
    parser.close()
    return page
