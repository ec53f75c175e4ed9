from __future__ import annotations

from flowforge_provider.expressions.template import read_template


def test_a_template_is_read_once() -> None:
    assert read_template("{{ trigger.body }}!") is read_template("{{ trigger.body }}!")


def test_few_long_templates_are_kept() -> None:
    """A long template takes megabytes when it is read, and a server reads many of them in its life."""
    texts = [f"{{{{ trigger.body }}}}{number:02000d}" for number in range(20)]
    first = read_template(texts[0])
    assert read_template(texts[0]) is first
    for text in texts[1:]:
        read_template(text)
    assert read_template(texts[0]) is not first
