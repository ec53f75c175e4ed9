"""String literals."""

from __future__ import annotations

import ast

import pytest

from flowforge_provider.compiler.strings import docstring_literal, split_lines, string_literal, text_width


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("", '""'),
        ("plain", '"plain"'),
        ('say "hi"', "'say \"hi\"'"),
        ("it's", '"it\'s"'),
        ("""it's "x" y""", """'it\\'s "x" y'"""),
        ("a\nb\tc\rd", '"a\\nb\\tc\\rd"'),
        ("back\\slash", '"back\\\\slash"'),
        ("\x00\x1b\x7f", '"\\x00\\x1b\\x7f"'),
        ("Заказы «7» 注文 📦", '"Заказы «7» 注文 📦"'),
        ("\u202eevil\u200b", '"\\u202eevil\\u200b"'),
        ("\ud800", '"\\ud800"'),
        ("\U0010ffff", '"\\U0010ffff"'),
        ("\u2028", '"\\u2028"'),
    ],
)
def test_string_literal(value: str, literal: str) -> None:
    assert string_literal(value) == literal
    assert ast.literal_eval(literal) == value


@pytest.mark.parametrize(
    "text",
    ["\nOne\n", '\nsay """hi"""\n', "\nback\\slash \\\n", "\n\x00\u202e\n", '\n"quoted"\n', '\n""""""\n'],
)
def test_docstring_literal_reads_back(text: str) -> None:
    literal = docstring_literal(text)
    assert ast.literal_eval(literal) == text
    assert literal.startswith('"""\n')
    assert literal.endswith('\n"""')


@pytest.mark.parametrize("text", ["", "\n", "a", "a\n", "a\nb", "\n\n", "a\n\nb\n"])
def test_split_lines_join_to_the_text(text: str) -> None:
    assert "".join(split_lines(text)) == text


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("注文", 4), ("é", 1), ("e\u0301", 1), ("📦", 2)])
def test_text_width(text: str, width: int) -> None:
    assert text_width(text) == width
