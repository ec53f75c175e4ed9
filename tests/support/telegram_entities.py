"""
Telegram's formatting, read as its servers read it: an oracle of its own, written from the public rules.

Source: https://core.telegram.org/bots/api#formatting-options.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_TAGS = {
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "span",
    "tg-spoiler",
    "a",
    "code",
    "pre",
} | {
    "blockquote",
    "tg-emoji",
}
_RESERVED = set("_*[]()~`>#+-=|{}.!")


class EntityError(ValueError):
    """The text cannot be parsed."""


def shown(text: str, parse_mode: str | None) -> str:
    """
    Return what people see of a text.

    :param parse_mode: None, HTML or MarkdownV2
    :raises EntityError: its formatting is wrong
    """
    if parse_mode == "HTML":
        return _shown_html(text)
    if parse_mode == "MarkdownV2":
        return _MarkdownReader(text).read()
    if parse_mode:
        raise EntityError("unsupported parse_mode")
    return text


def utf16(text: str) -> int:
    """Return the number of UTF-16 code units, computed by encoding."""
    return len(text.encode("utf-16-le")) // 2


class _HtmlReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise EntityError(f'Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise EntityError(f'Unmatched end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _shown_html(text: str) -> str:
    without_tags = re.sub(r"</?[a-zA-Z][^<>]*>", "", text)
    if "<" in without_tags:
        raise EntityError("Unsupported start tag")
    reader = _HtmlReader()
    reader.feed(text)
    reader.close()
    if reader.open:
        raise EntityError(f'Can\'t find end tag corresponding to start tag "{reader.open[-1]}"')
    return "".join(reader.text)


class _MarkdownReader:
    def __init__(self, text: str) -> None:
        self.rest = text
        self.open: list[str] = []
        self.text: list[str] = []

    def read(self) -> str:
        while self.rest:
            self._step()
        if self.open:
            raise EntityError(f"Can't find end of the entity {self.open[-1]}")
        return "".join(self.text)

    def _take(self, count: int) -> str:
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def _step(self) -> None:
        rest, inside = self.rest, self.open[-1] if self.open else ""
        if rest[0] == "\\" and len(rest) > 1 and 0 < ord(rest[1]) < 127:
            self._take(1)
            self.text.append(self._take(1))
        elif inside in ("`", "```"):
            if rest.startswith(inside):
                self._take(len(inside))
                self.open.pop()
            elif rest[0] == "`":
                raise EntityError("a ` inside code")
            else:
                self.text.append(self._take(1))
        elif rest[0] not in _RESERVED:
            self.text.append(self._take(1))
        else:
            self._mark(rest, inside)

    def _mark(self, rest: str, inside: str) -> None:
        mark = next((mark for mark in ("```", "__", "||", "`", "_", "*", "~") if rest.startswith(mark)), None)
        if mark is not None:
            self._take(len(mark))
            if mark == "```":
                language = re.match(r"[\w+#-]*\n", self.rest)
                self._take(len(language[0]) if language else 0)
            if mark == inside:
                self.open.pop()
            elif mark in self.open:
                raise EntityError(f"{mark} ends before {inside}")
            else:
                self.open.append(mark)
        elif rest[0] == "[" or rest.startswith("!["):
            self._take(1 if rest[0] == "[" else 2)
            self.open.append("]")
        elif rest[0] == "]" and inside == "]":
            self._take(1)
            self.open.pop()
            target = re.match(r"\((?:\\.|[^)\\])*\)", self.rest, re.DOTALL)
            if target is None:
                raise EntityError("a link without an address")
            self._take(len(target[0]))
        elif rest[0] == ">" and (not self.text or self.text[-1].endswith("\n")):
            self._take(1)
        else:
            raise EntityError(
                f"Character '{rest[0]}' is reserved and must be escaped with the preceding '\\'"
            )
