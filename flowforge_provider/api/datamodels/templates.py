"""Workflows to begin with."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.types import JsonValue

from flowforge_provider.api.datamodels.base import Reply
from flowforge_provider.api.datamodels.workflows import GRAPH_EXAMPLE
from flowforge_provider.graph.models import Graph

_SUMMARY: dict[str, JsonValue] = {
    "id": "orders",
    "kind": "example",
    "name": "Orders",
    "name_ru": "Заказы",
    "description": "Takes an order by webhook and places it.",
    "description_ru": "Принимает заказ по вебхуку и оформляет его.",
    "tags": ["example"],
    "node_types": ["webhook", "http.request"],
    "connections": [{"connection_id": "shop_api", "conn_types": ["http"]}],
}


class TemplateConnection(Reply):
    """An Airflow connection that a template names."""

    connection_id: str = Field(description="Its id.")
    conn_types: list[str] = Field(description="Types that the node's form offers; any of them will do.")


class TemplateResponse(Reply):
    """One workflow to begin with, without its graph."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUMMARY]})

    id: str = Field(description="Id of the template.")
    kind: Literal["template", "example"] = Field(
        description="template: a whole task of real life; example: shows one node type."
    )
    name: str = Field(description="What people call it.")
    name_ru: str = Field(description="The same in Russian; English where there is none.")
    description: str = Field(description="What it does.")
    description_ru: str = Field(description="The same in Russian; English where there is none.")
    tags: list[str] = Field(description="Labels of the graph.")
    node_types: list[str] = Field(description="Types of its nodes from left to right, each once.")
    connections: list[TemplateConnection] = Field(description="Connections that it names, each once.")


class TemplateGraphResponse(TemplateResponse):
    """One workflow to begin with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_SUMMARY, "graph": GRAPH_EXAMPLE}]})

    graph: Graph = Field(description="The graph; a new workflow takes it as its draft.")


class TemplateCollectionResponse(Reply):
    """All workflows to begin with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"templates": [_SUMMARY], "total_entries": 1}]})

    templates: list[TemplateResponse] = Field(description="Whole tasks first, then by name.")
    total_entries: int = Field(description="How many there are.")
