"""Laws of splitting text for Telegram, against an oracle that reads its formatting by the public rules."""

from __future__ import annotations

import html
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_provider.hooks.telegram_text import shown_length, split_text, utf16_length
from tests.support.telegram_entities import shown, utf16

relaxed = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=100)

LETTERS = st.characters(exclude_categories=["Cs"])
WORDS = st.text(st.sampled_from("ab\u00e9\U0001f600\U0001f468\u200d"), min_size=1, max_size=12)
LABELS = WORDS.filter(lambda text: utf16_length(text) <= 20)
SPACED = st.lists(st.one_of(WORDS, st.sampled_from([" ", "\n", "  ", "\n\n"])), max_size=60).map("".join)
TEXTS = st.one_of(SPACED, st.text(LETTERS, max_size=300))
LIMITS = st.integers(min_value=20, max_value=60)

_ESCAPED = re.compile(r"([_*\[\]()~`>#+\-=|{}.!\\])")


def escape_markdown(text: str) -> str:
    return _ESCAPED.sub(r"\\\1", text)


def html_of(children: list[str], tag: str) -> str:
    return f"<{tag}>{''.join(children)}</{tag.partition(' ')[0]}>"


HTML_LEAVES = TEXTS.map(lambda text: html.escape(text, quote=False))
HTML = st.recursive(
    HTML_LEAVES,
    lambda inner: st.builds(
        html_of,
        st.lists(inner, max_size=4),
        st.sampled_from(["b", "i", "u", 'a href="https://a.example"', "code"]),
    ),
    max_leaves=8,
)


@st.composite
def markdown(draw: st.DrawFn, outer: tuple[str, ...] = ()) -> str:
    """Formatting nested as the rules allow: no mark inside itself, and nothing inside code."""
    pieces = []
    for _ in range(draw(st.integers(0, 3))):
        marks = [mark for mark in ("*", "_", "__", "~", "||") if mark not in outer]
        kind = draw(st.sampled_from(["text", "link", "code", *marks]))
        text = draw(SPACED)
        if kind == "text":
            pieces.append(escape_markdown(text))
        elif kind == "link":
            # A link is never parted, so its text has to fit.
            pieces.append(f"[{escape_markdown(draw(LABELS))}](https://a\\\\.example)")
        elif kind == "code":
            pieces.append(draw(st.sampled_from(["`{}`", "```{}```", "```py\n{}```"])).format(text))
        elif len(outer) < 3:
            inner = draw(markdown(outer=(*outer, kind)))
            # A mark must not touch another one that begins alike.
            pieces.append(f"{kind}x{inner}x{kind}")
    return " ".join(pieces)


@relaxed
@given(TEXTS, LIMITS)
def test_plain_parts_joined_are_the_text_and_none_is_too_long(text: str, limit: int) -> None:
    parts = split_text(text, "plain", limit=limit)
    assert "".join(parts) == text
    assert all(0 < utf16(part) <= limit for part in parts)


@relaxed
@given(SPACED, LIMITS)
def test_no_word_that_fits_is_cut(text: str, limit: int) -> None:
    words = {word for part in split_text(text, "plain", limit=limit) for word in part.split()}
    short = {word for word in text.split() if utf16(word) <= limit // 2}
    assert short <= words


@relaxed
@given(HTML, LIMITS)
def test_html_parts_show_the_whole_and_each_can_be_read(text: str, limit: int) -> None:
    parts = split_text(text, "html", limit=limit)
    assert "".join(shown(part, "HTML") for part in parts) == shown(text, "HTML")
    assert all(utf16(shown(part, "HTML")) <= limit for part in parts)


@relaxed
@given(markdown(), LIMITS)
def test_markdown_parts_show_the_whole_and_each_can_be_read(text: str, limit: int) -> None:
    parts = split_text(text, "markdown_v2", limit=limit)
    seen = [shown(part, "MarkdownV2") for part in parts]
    assert "".join(seen).replace("\u200b", "") == shown(text, "MarkdownV2")
    assert all(utf16(part) <= limit for part in seen)


@relaxed
@given(TEXTS)
def test_lengths_are_those_of_utf16(text: str) -> None:
    assert utf16_length(text) == utf16(text)
    assert shown_length(html.escape(text, quote=False), "html") == utf16(text)
    assert shown_length(escape_markdown(text), "markdown_v2") == utf16(text)


@relaxed
@given(
    st.text(st.sampled_from("<>b/&;a _*`[]()|~\\\n"), max_size=200),
    LIMITS,
    st.sampled_from(["html", "markdown_v2"]),
)
def test_wrong_formatting_is_split_without_losing_any_of_it(text: str, limit: int, text_format: str) -> None:
    parts = split_text(text, text_format, limit=limit)  # type: ignore[arg-type]
    letters = re.sub(r"[^ab]", "", text)
    assert re.sub(r"[^ab]", "", "".join(parts)).count("a") >= letters.count("a")
