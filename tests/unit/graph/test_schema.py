from __future__ import annotations

import json
from pathlib import Path

from flowforge_provider.graph.schema import graph_json_schema

KEPT = Path(__file__).parents[3] / "docs" / "graph.schema.json"


def test_the_kept_schema_is_the_present_one() -> None:
    regenerate = "python -m flowforge_provider.graph.schema > docs/graph.schema.json"
    assert json.loads(KEPT.read_text(encoding="utf-8")) == graph_json_schema(), regenerate


def test_every_field_is_described_and_none_may_be_added() -> None:
    schema = graph_json_schema()
    for part in [schema, *schema["$defs"].values()]:
        assert part["additionalProperties"] is False
        for name, field in part["properties"].items():
            # A part that repeats the description of its own definition is written as a reference only.
            assert field.get("description") or field.get("$ref"), name
