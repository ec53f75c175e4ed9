"""String literals as ``ruff format`` leaves them, the same under every version of Python."""

from __future__ import annotations

import unicodedata

# A frozen Unicode table: `repr` and `unicodedata` follow Python's version, and the same graph must give the
# same bytes under each.
_UNICODE = unicodedata.ucd_3_2_0
# Pictographs are younger than that table and common in names.
_PICTOGRAPHS = range(0x1F300, 0x1FB00)
_SHORT_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_READABLE_CATEGORIES = frozenset("LNPSM")


def string_literal(value: str) -> str:
    """Return a one-line literal, in double quotes unless single ones need fewer escapes."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    if value.isascii() and value.isprintable() and quote not in value and "\\" not in value:
        return f"{quote}{value}{quote}"
    return quote + "".join(_escaped(char, quote=quote) for char in value) + quote


def docstring_literal(value: str) -> str:
    """
    Return a literal in triple quotes that keeps line breaks.

    :param value: ends with a line break; no line has white space at its ends
    """
    text = "".join(char if char == "\n" else _escaped(char, quote="") for char in value)
    return '"""' + text.replace('"""', '\\"\\"\\"') + '"""'


def split_lines(value: str) -> list[str]:
    """Return the parts of a text, each but the last ending with its line break; joined, they are the text."""
    parts = value.split("\n")
    lines = [part + "\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def text_width(text: str) -> int:
    """Return the columns that a text takes; wide East Asian characters and pictographs take two."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _escaped(char: str, *, quote: str) -> str:
    if char == quote:
        return f"\\{char}"
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    if _is_readable(char):
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _is_readable(char: str) -> bool:
    """Tell what people can read from what an editor would hide or reorder, such as control characters."""
    if char == " " or ord(char) in _PICTOGRAPHS:
        return True
    return _UNICODE.category(char)[0] in _READABLE_CATEGORIES


def _char_width(char: str) -> int:
    if ord(char) in _PICTOGRAPHS or _UNICODE.east_asian_width(char) in "WF":
        return 2
    return 0 if _UNICODE.category(char) in ("Mn", "Me") else 1
