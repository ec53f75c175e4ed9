"""
Text as Telegram counts it, and long text in parts.

Telegram counts UTF-16 code units of what is shown: tags, escapes and markers are free
(https://core.telegram.org/bots/api#sendmessage, #formatting-options).
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

TextFormat = Literal["plain", "html", "markdown_v2"]

MAX_MESSAGE = 4096
MAX_CAPTION = 1024

_HTML_TOKEN = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);|(?s:.)")
_MARKDOWN_TOKEN = re.compile(
    r"\\(?s:.)|```|`|__|\|\||[*_~]|!?\[(?:\\(?s:.)|[^\]\\])*\]\((?:\\(?s:.)|[^)\\])*\)|(?s:.)"
)
_MARKDOWN_MARKS = frozenset({"```", "`", "__", "||", "*", "_", "~"})
_LINK_LABEL = re.compile(r"!?\[((?:\\(?s:.)|[^\]\\])*)\]")
_CODE = ("`", "```")
_LANGUAGE = re.compile(r"```(?:[\w+#-]*\n)?")
# Between marks that would be read as another one; they are shown, though without a width.
_SEPARATOR = "\u200b"
_SEPARATORS = 8


class _Token(NamedTuple):
    """
    A piece that must not be cut.

    :param shown: what the reader sees of it
    :param opens: mark that begins formatting here, with what ends it
    :param closes: whether it ends the innermost formatting
    """

    source: str
    shown: str
    opens: tuple[str, str] | None = None
    closes: bool = False


def utf16_length(text: str) -> int:
    """Return the number of UTF-16 code units of a text."""
    return len(text) + sum(1 for letter in text if ord(letter) > 0xFFFF)


def shown_length(text: str, text_format: TextFormat) -> int:
    """Return the UTF-16 code units that a reader sees of a text."""
    return sum(utf16_length(token.shown) for token in _tokens(text, text_format))


def split_text(text: str, text_format: TextFormat, *, limit: int = MAX_MESSAGE) -> list[str]:
    """
    Return a text in parts that show at most ``limit`` UTF-16 code units each.

    A part ends behind a line, else behind a word, else anywhere but inside a character, a tag, an entity, an
    escape or a link. Formatting that is open there is closed and opened again in the next part. White space
    stays where it was, so plain parts joined are the text.

    :param text: in the given format; formatting that is wrong is left to Telegram to refuse
    """
    if text_format == "markdown_v2":
        limit -= _SEPARATORS
    parts: list[str] = []
    current: list[_Token] = []
    carried: list[tuple[str, str]] = []
    length = 0
    for token in _tokens(text, text_format):
        size = utf16_length(token.shown)
        while size and length + size > limit and current:
            cut = _cut(current)
            part, carried = _close(carried, current[:cut])
            parts.append(part)
            current = current[cut:]
            length = sum(utf16_length(kept.shown) for kept in current)
        current.append(token)
        length += size
    parts.append(_close(carried, current)[0])
    return [part for part in parts if part]


def _cut(tokens: list[_Token]) -> int:
    """Return behind how many tokens the part ends: behind the last line or word, if there is one."""
    total = len(tokens)
    for breaks in ("\n", None):
        for index in range(total, 0, -1):
            shown = tokens[index - 1].shown
            is_break = shown == breaks if breaks else shown.isspace()
            # A line that ends early would leave a short part; then a word is the better place.
            if is_break and (breaks is None or index > total // 2):
                return index
    return total


def _close(carried: list[tuple[str, str]], tokens: list[_Token]) -> tuple[str, list[tuple[str, str]]]:
    """Return a part with its formatting opened and closed, and what is open at its end."""
    opened = list(carried)
    for token in tokens:
        if token.opens is not None:
            opened.append(token.opens)
        elif token.closes and opened:
            opened.pop()
    head = [mark for mark, _ in carried]
    tail = [end for _, end in reversed(opened)]
    return _joined([*head, "".join(token.source for token in tokens), *tail]), opened


def _joined(pieces: list[str]) -> str:
    text = ""
    for piece in pieces:
        # "___" is read as "__" and "_", so something without effect must stand between the two.
        text += _SEPARATOR + piece if text.endswith("_") and piece.startswith("_") else piece
    return text


def _tokens(text: str, text_format: TextFormat) -> Iterator[_Token]:
    if text_format == "html":
        yield from _html_tokens(text)
    elif text_format == "markdown_v2":
        yield from _markdown_tokens(text)
    else:
        for letter in text:
            yield _Token(letter, letter)


def _html_tokens(text: str) -> Iterator[_Token]:
    for match in _HTML_TOKEN.finditer(text):
        source = match[0]
        if match[2] is None:
            yield _Token(source, html.unescape(source))
        elif match[1]:
            yield _Token(source, "", closes=True)
        else:
            yield _Token(source, "", opens=(source, f"</{match[2]}>"))


def _markdown_tokens(text: str) -> Iterator[_Token]:
    opened: list[str] = []
    position = 0
    while position < len(text):
        match = _MARKDOWN_TOKEN.match(text, position)
        assert match is not None  # noqa: S101 - its last way takes any letter
        source = match[0]
        inside = opened[-1] if opened else ""
        if inside in _CODE and source != inside and not source.startswith("\\"):
            # Nothing but its end and an escape means anything inside code.
            source = text[position]
            yield _Token(source, source)
        elif source in _MARKDOWN_MARKS:
            if source == inside:
                opened.pop()
                yield _Token(source, "", closes=True)
            else:
                opened.append(source)
                end = source
                language = _LANGUAGE.match(text, position)
                if language is not None:
                    source = language[0]
                # Behind a line break, the first word of the next part is no name of a language.
                begin = f"{source.rstrip()}\n" if end == "```" else end
                yield _Token(source, "", opens=(begin, end))
        elif source.startswith("\\"):
            yield _Token(source, source[1:])
        elif len(source) > 1:
            label = _LINK_LABEL.match(source)
            yield _Token(source, re.sub(r"\\(.)", r"\1", label[1]) if label else source)
        else:
            yield _Token(source, source)
        position += len(source)
