"""A package that nobody here knows adds a node type: it is listed, described, checked and compiled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).parents[2] / "support" / "example_package"

LOOK = """
import json, sys
from flowforge_provider.compiler import compile_graph
from flowforge_provider.graph.validation import check_document
from flowforge_provider.nodes.describe import describe
from flowforge_provider.nodes.registry import get_registry

def document(**parameters):
    hello = {"id": "hello", "type": "acme.greet", "parameters": parameters}
    nodes = [{"id": "start", "type": "manual"}, hello]
    return {"id": "greetings", "nodes": nodes, "edges": [{"source": "start", "target": "hello"}]}

def issues(**parameters):
    return [(issue.code, issue.field) for issue in check_document(document(**parameters))[1]]

registry = get_registry()
graph, _ = check_document(document(name="{{ trigger.body.name }}", times=2))
json.dump({
    "problems": registry.problems,
    "types": [node_type.type for node_type in registry.all()],
    "near": registry.suggest("acme.gret"),
    "description": describe(registry.get("acme.greet")),
    "valid": issues(name="{{ trigger.body.name }}", times="{{ trigger.body.times }}"),
    "missing": issues(),
    "wrong": issues(name="Ada", times=11),
    "together": issues(name="everybody", times=2),
    "expression": issues(name="{{ steps.nobody }}"),
    "source": compile_graph(graph),
}, sys.stdout)
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: Any) -> Any:
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder), str(PACKAGE)],
        check=True,
        timeout=120,
    )
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_it_is_listed_beside_the_others(found: Any) -> None:
    assert found["problems"] == []
    assert {"acme.greet", "http.request"} <= set(found["types"])
    assert found["near"] == ["acme.greet"]


def test_it_is_described(found: Any) -> None:
    description = found["description"]
    assert description["parameters_schema"]["properties"]["name"]["x-widget"] == "expression"
    assert description["parameters_schema"]["properties"]["times"]["x-expression"] is True
    assert description["default_parameters"] == {"times": 1}
    assert [port["id"] for port in description["ports"]] == ["success", "error"]


def test_its_parameters_are_checked(found: Any) -> None:
    assert found["valid"] == []
    assert found["missing"] == [["missing-parameter", "parameters.name"]]
    assert found["wrong"] == [["wrong-parameter", "parameters.times"]]
    assert found["together"] == [["acme-too-loud", "parameters.times"]]
    assert found["expression"] == [["unknown-step", "parameters.name"]]


def test_it_is_compiled(found: Any) -> None:
    assert "from acme_flowforge.operators import GreetOperator" in found["source"]
    assert "GreetOperator(" in found["source"]
