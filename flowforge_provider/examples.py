"""
The example graphs that come with FlowForge: one for each node type, and some of real life.

They are the files of ``dags/graphs`` in the sources, and package data of a wheel.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from flowforge_provider.exceptions import FlowForgeError
from flowforge_provider.graph.load import load_graph

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph

log = logging.getLogger(__name__)

#: A graph with this tag shows a whole task of real life; the others show one node type each.
REAL_LIFE_TAG = "template"
#: Texts in Russian: name of the file without ``.json`` -> {"name", "description"}.
RUSSIAN = Path("texts", "ru.json")


@dataclass(frozen=True)
class Example:
    """
    A graph to begin with.

    :param id: name of its file without ``.json``
    :param kind: ``template`` for a whole task, ``example`` for one node type
    :param graph: the graph
    :param name_ru: its name in Russian; the English one when nobody has translated it
    :param description_ru: its description in Russian; likewise
    :param node_types: types of its nodes as they are drawn from left to right, each once
    """

    id: str
    kind: Literal["template", "example"]
    graph: Graph
    name_ru: str
    description_ru: str
    node_types: tuple[str, ...]


def find_examples() -> Path:
    """Return the folder of the example graphs: beside this file when installed, else ``dags/graphs``."""
    installed = Path(__file__).with_name("example_graphs")
    return installed if installed.is_dir() else Path(__file__).resolve().parents[1] / "dags" / "graphs"


@cache
def load_examples(folder: Path) -> tuple[Example, ...]:
    """
    Return the examples of a folder: whole tasks first, then by name. It is read once in a process.

    A file that cannot be read is left out and logged: one broken example must not hide the others.

    :param folder: see :func:`find_examples`
    """
    texts = _read_texts(folder / RUSSIAN)
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            graph = load_graph(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, FlowForgeError) as error:
            log.warning("The example %s cannot be read: %s", path, error)
            continue
        found.append(_make_example(path.stem, graph=graph, russian=texts.get(path.stem, {})))
    return tuple(sorted(found, key=lambda one: (one.kind != "template", one.graph.name)))


def _make_example(id: str, *, graph: Graph, russian: dict[str, Any]) -> Example:  # noqa: A002
    drawn = sorted(graph.nodes, key=lambda node: (node.position.x, node.position.y))
    return Example(
        id=id,
        kind="template" if REAL_LIFE_TAG in graph.settings.tags else "example",
        graph=graph,
        name_ru=str(russian.get("name") or graph.name),
        description_ru=str(russian.get("description") or graph.settings.description),
        node_types=tuple(dict.fromkeys(node.type for node in drawn)),
    )


def _read_texts(path: Path) -> dict[str, dict[str, Any]]:
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("The Russian texts of the examples cannot be read: %s", error)
        return {}
    return texts if isinstance(texts, dict) else {}
