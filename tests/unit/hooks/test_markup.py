from __future__ import annotations

import pytest

from flowforge_provider.hooks.markup import html_to_text, markdown_to_html


def test_markdown_keeps_html_as_text() -> None:
    html = markdown_to_html('<script>alert(1)</script>\n\n<img src=x onerror="a()"> **b**')
    assert "<script" not in html
    assert "<img" not in html
    assert "<strong>b</strong>" in html


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_markdown_makes_no_link_that_runs_code(link: str) -> None:
    assert "<a" not in markdown_to_html(f"[x]({link})")


def test_markdown_has_tables_and_strikethrough() -> None:
    html = markdown_to_html("| A | B |\n|---|---|\n| 1 | ~~2~~ |")
    assert "<td>1</td>" in html
    assert "<s>2</s>" in html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One\n two</p><p>Three&nbsp;&amp; four</p>", "One two\n\nThree\xa0& four"),
        ("<div>a<div>b</div></div>c", "a\nb\nc"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ('<a href="https://a.example">here</a>', "here (https://a.example)"),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example"),
        ('<a href="mailto:a@b.example">a@b.example</a> <a href="#top">up</a>', "a@b.example up"),
        ("<ul><li>a</li><li><p>b</p></li></ul><ol><li>c</li><li>d</li></ol>", "- a\n- b\n\n1. c\n2. d"),
        ("<table><tr><th>A</th>\n<th>B</th></tr>\n<tr><td>1</td> <td>2</td></tr></table>", "A\tB\n1\t2"),
        ("<style>p{}</style><script>x</script><title>t</title><p>seen</p>", "seen"),
        ("<pre>a  b\n  c</pre>", "a  b\n  c"),
        ('<img src="cid:x" alt="Logo">', "Logo"),
        ("<h1>T</h1>text", "T\n\ntext"),
        ("plain", "plain"),
        ("", ""),
        ("<p>open <b>never closed", "open never closed"),
        ("</p></ul></pre></a>stray", "stray"),
    ],
)
def test_html_as_text(html: str, text: str) -> None:
    assert html_to_text(html) == text
