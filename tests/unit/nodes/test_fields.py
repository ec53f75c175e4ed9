"""What fields tell the form."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.registry import get_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.nodes.spec import NodeType

ROOT = Path(__file__).resolve().parents[3]


def test_a_section_and_what_a_field_offers() -> None:
    extra = widget(
        group="Target",
        group_ru="Куда",
        suggestions="/api/connections/{connection_id}/tables",
        visible_when={"../operation": ["insert", "update"], "all_rows": False},
    )

    assert extra == {
        "x-group": "Target",
        "x-group-ru": "Куда",
        "x-widget": "suggestions",
        "x-suggestions": "/api/connections/{connection_id}/tables",
        "x-visible-when": {"../operation": ["insert", "update"], "all_rows": False},
    }


@pytest.mark.parametrize("node_type", get_registry().all(), ids=lambda one: one.type)
def test_each_section_has_a_russian_heading(node_type: type[NodeType]) -> None:
    schema = node_type.parameters.model_json_schema()

    for model in (schema, *schema.get("$defs", {}).values()):
        headings = _headings(model.get("properties", {}))
        untranslated = {group for group, _ in headings} - {group for group, russian in headings if russian}
        assert untranslated == set()


@pytest.mark.parametrize("node_type", get_registry().all(), ids=lambda one: one.type)
def test_icons_of_built_in_types_come_with_the_first_screen(node_type: type[NodeType]) -> None:
    # Any other icon makes the palette load all of them, which are larger than the rest of the editor.
    at_hand = (ROOT / "editor" / "src" / "components" / "NodeIcon.tsx").read_text(encoding="utf-8")

    assert re.search(rf'^  "?{re.escape(node_type.icon)}"?: \w+,$', at_hand, re.MULTILINE), node_type.icon


def _headings(properties: dict[str, Any]) -> set[tuple[str, str]]:
    def read() -> Iterator[tuple[str, str]]:
        for field in properties.values():
            if "x-group" in field:
                yield field["x-group"], field.get("x-group-ru", "")

    return set(read())


def test_nothing_is_told_that_was_not_given() -> None:
    assert widget() == {}
    assert widget(order=0, advanced=True) == {"x-order": 0, "x-advanced": True}
