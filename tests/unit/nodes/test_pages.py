"""The pages of the node types say what their classes say, and are kept equal to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, Field

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.pages import build_pages, render_page
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.nodes.spec import NodeType, Parameters
from flowforge_provider.nodes.templated import Templated

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "nodes"


def test_the_kept_pages_are_those_of_the_classes() -> None:
    wanted = {path.name: text for path, text in build_pages(FOLDER, root=ROOT).items()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert kept == wanted, "Write them anew: make codegen"


@pytest.mark.parametrize("type_", [node_type.type for node_type in get_registry().all()])
def test_a_page_names_every_parameter_and_port(type_: str) -> None:
    node_type = get_registry().get(type_)
    page = render_page(node_type)
    for name in node_type.parameters.model_fields:
        assert f"| `{name}` |" in page
    for port in node_type.ports:
        assert f"| `{port.id}` |" in page


class Row(BaseModel):
    name: Templated[str] = Field(description="Its | name.")
    rows: list[Row] = Field(default_factory=list, description="Rows below.")


class TreeParameters(Parameters):
    shape: str = Field(
        default="flat",
        description="How it grows.",
        json_schema_extra=widget(visible_when={"kind": ["a", "b"]}),
    )
    rows: list[Row] = Field(default_factory=list, description="Rows.")


class Tree(NodeType):
    type = "tree"
    title = "Tree"
    group = "Data"
    icon = "tree"
    summary = "Grows."
    help = "Grows a tree."
    parameters = TreeParameters
    operator = "trees:TreeOperator"
    example: ClassVar[dict[str, Any]] = {"parameters": {"shape": "tall"}}


def test_nested_rows_conditions_and_bars_are_told() -> None:
    page = render_page(Tree, links={"Its example": "../tree.json"})
    assert "| `rows[].name` | string `{{ }}` | required | Its \\| name. |" in page
    assert "Counts when `kind` is `a` or `b`." in page
    assert "- [Its example](../tree.json)" in page
    assert '"shape": "tall"' in page
