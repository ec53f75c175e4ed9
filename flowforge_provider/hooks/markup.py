"""Markdown to HTML, and HTML to the text that people read without it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SILENT = frozenset({"head", "script", "style", "template", "title"})
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
    }
    | {"header", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SPACE = re.compile(r"[ \t\r\n\f]+")


def markdown_to_html(text: str) -> str:
    """
    Return Markdown (CommonMark, with tables and strikethrough) as HTML; HTML inside it stays text.

    :param text: Markdown; links of schemes that run code are left as text
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return str(parser.render(text))


def html_to_text(html: str) -> str:
    """
    Return what a reader would see of HTML: links with their address, list items with a dash, images as
    their description.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


def whole_text(text: str) -> str:
    """Return text without halves of characters, which no message can carry."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._silent = 0
        self._preformatted = 0
        self._links: list[tuple[str, int]] = []
        self._lists: list[int | None] = []

    def text(self) -> str:
        """Return what was read, with at most one empty line in a row."""
        lines = [line.rstrip() for line in "".join(self._parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "hr":
            self._break(2)
            self._parts.append("----------")
            self._break(2)
        elif tag == "a":
            self._links.append((values.get("href", ""), len(self._parts)))
        elif tag == "img":
            self._write(values.get("alt", ""))
        elif tag in ("td", "th"):
            if self._parts and self._parts[-1] == " ":
                self._parts.pop()
            if self._parts and not self._parts[-1].endswith("\n"):
                self._parts.append("\t")
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._start_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "a" and self._links:
            href, start = self._links.pop()
            label = "".join(self._parts[start:]).strip()
            if href and not href.startswith("#") and href.removeprefix("mailto:") != label:
                self._write(f" ({href.removeprefix('mailto:')})")
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._end_block(tag)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self._write(data if self._preformatted else _SPACE.sub(" ", data))

    def _start_block(self, tag: str) -> None:
        self._break(1 if tag in ("li", "tr", "dt", "dd", "div") else 2)
        if tag == "pre":
            self._preformatted += 1
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            indent = "  " * max(0, len(self._lists) - 1)
            self._parts.append(f"{indent}{self._marker()} ")

    def _end_block(self, tag: str) -> None:
        if tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        self._break(1 if tag in ("li", "tr", "dt", "dd", "div") or self._lists else 2)

    def _marker(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "-"
        self._lists[-1] = number + 1
        return f"{number + 1}."

    def _write(self, text: str) -> None:
        before = self._parts[-1] if self._parts else "\n"
        if not self._preformatted and before.endswith((" ", "\n", "\t")):
            text = text.lstrip(" ")
        if text:
            self._parts.append(text)

    def _break(self, count: int) -> None:
        """End the line, and leave an empty one when two breaks are asked for."""
        written = "".join(self._parts[-4:])
        if not self._parts or (written.endswith(("- ", ". ")) and self._at_marker()):
            return
        present = len(written) - len(written.rstrip("\n"))
        if present < count:
            self._parts.append("\n" * (count - present))

    def _at_marker(self) -> bool:
        # A paragraph that begins a list item stands behind its dash.
        return bool(re.fullmatch(r" *(-|\d+\.) ", self._parts[-1]))
