"""Graphs, node types and expressions work without Airflow, a database or a network."""

from __future__ import annotations

import subprocess
import sys

BLOCKED = (
    "airflow",
    "sqlalchemy",
    "alembic",
    "fastapi",
    "starlette",
    "requests",
    "httpx",
    "psycopg2",
    "psycopg",
)

BLOCK = f"""
import socket, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(f"{{name}} must not be imported here", name=name)

def refuse(*args, **kwargs):
    raise AssertionError("no network here")

sys.meta_path.insert(0, Blocker())
socket.socket.connect = refuse
socket.create_connection = refuse
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BLOCK + code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_imports_without_airflow_and_the_whole_path_works() -> None:
    run("""
import importlib, pkgutil
import flowforge_provider.expressions, flowforge_provider.graph, flowforge_provider.nodes
for package in (flowforge_provider.graph, flowforge_provider.nodes, flowforge_provider.expressions):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)

from flowforge_provider.graph.validation import check_document
from flowforge_provider.nodes.describe import describe
from flowforge_provider.nodes.registry import get_registry
nodes = [
    {"id": "start", "type": "manual"},
    {"id": "get", "type": "http.request", "parameters": {"url": "https://a/{{ trigger.body.id }}"}},
    {"id": "jq", "type": "transform", "parameters": {"operations": [{"operation": "jq", "program": "."}]}},
    {"id": "q", "type": "postgres.query", "parameters": {"connection_id": "db", "sql": "SELECT 1"}},
]
edges = [{"source": left["id"], "target": right["id"]} for left, right in zip(nodes, nodes[1:])]
graph, issues = check_document({"nodes": nodes, "edges": edges})
assert issues == [], issues
assert len([describe(node_type) for node_type in get_registry().all()]) >= 6
""")


def test_a_dag_file_loads_no_jinja_and_no_library_of_the_steps() -> None:
    loaded = run("""
import flowforge_provider.nodes.builtin.http
import flowforge_provider.nodes.builtin.postgres
import flowforge_provider.nodes.builtin.transform
import flowforge_provider.expressions
from flowforge_provider.expressions import render
assert render({"a": ["no expression"]}, {}) == {"a": ["no expression"]}
print([name for name in ("jinja2", "jq", "croniter", "inspect_") if name in sys.modules])
""")
    assert loaded.strip() == "[]"
