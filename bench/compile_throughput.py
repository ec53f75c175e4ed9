"""
How many graphs of 10 nodes are compiled in a second, beside dag-factory building the same Dags from YAML.

Each starts from a text (JSON, YAML). FlowForge ends with the source of a Dag file (once) and with a Dag made
from that source (as publishing does); dag-factory ends with a Dag. That both make the same tasks, parameters
and edges is checked before anything is measured. One process, rounds in turn, the best round of each counts.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import DAG

GRAPHS = 40
ROUNDS = 7
# FlowForge's way to a Dag must not be slower than that of what people use today.
LEAST_RATIO = 1.0

_OPERATORS = {
    "manual": "flowforge_provider.operators.trigger.TriggerOperator",
    "http.request": "flowforge_provider.operators.http.HttpOperator",
    "transform": "flowforge_provider.operators.transform.TransformOperator",
    "postgres.query": "flowforge_provider.operators.postgres.PostgresOperator",
}


def main() -> int:
    """Measure, print a table, and return 1 when a bound is broken."""
    _keep_quiet()
    from flowforge_provider.compiler import compile_graph
    from flowforge_provider.compiler.load import build_dag
    from flowforge_provider.graph.load import load_graph

    documents = [make_document(number) for number in range(GRAPHS)]
    texts = [json.dumps(document) for document in documents]

    def compile_all() -> None:
        for text in texts:
            compile_graph(load_graph(json.loads(text)))

    def compile_and_build_all() -> list[DAG]:
        return [
            build_dag(compile_graph(load_graph(json.loads(text))), fileloc="/compiled.py") for text in texts
        ]

    with tempfile.TemporaryDirectory() as folder:
        paths = [_write_yaml(Path(folder), document) for document in documents]

        def factory_all() -> list[DAG]:
            return [_build_by_factory(path) for path in paths]

        _check_same(compile_and_build_all(), factory_all())
        best = _best_rounds({"source": compile_all, "dag": compile_and_build_all, "factory": factory_all})

    rate = {name: GRAPHS / seconds for name, seconds in best.items()}
    ratio = rate["dag"] / rate["factory"]
    print(f"{GRAPHS} graphs of 10 nodes, best of {ROUNDS} rounds, in graphs per second")
    print(f"  FlowForge, JSON -> Dag file source   {rate['source']:8.0f}")
    print(f"  FlowForge, JSON -> source -> Dag     {rate['dag']:8.0f}")
    print(f"  dag-factory, YAML -> Dag             {rate['factory']:8.0f}")
    print(f"FlowForge / dag-factory, both to a Dag: {ratio:.1f}x (at least {LEAST_RATIO:g})")
    return int(ratio < LEAST_RATIO)


def make_document(number: int) -> dict[str, Any]:
    """
    Return a graph document: a trigger and nine actions of all kinds, with a branch that joins again.

    :param number: makes ids and values differ
    """
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "manual"}]
    nodes += [
        {
            "id": f"call_{index}",
            "type": "http.request",
            "parameters": {
                "method": "POST",
                "url": f"https://example.com/{number}/{{{{ trigger.body.id }}}}",
                "headers": [{"name": "Idempotency-Key", "value": "{{ run.id }}"}],
                "body_type": "json",
                "body": {"id": "{{ trigger.body.id }}", "tags": ["a", "b"], "number": number},
            },
            "retry": {"retries": 2, "delay_s": 5},
        }
        for index in range(3)
    ]
    nodes += [
        {
            "id": f"set_{index}",
            "type": "transform",
            "parameters": {
                "operations": [
                    {
                        "operation": "set_fields",
                        "fields": [
                            {
                                "name": "total",
                                "value": "{{ steps.call_0.body.price * trigger.body.quantity }}",
                            },
                            {
                                "name": "customer.city",
                                "value": "{{ trigger.body.city | default('unknown') }}",
                            },
                        ],
                    }
                ]
            },
        }
        for index in range(4)
    ]
    nodes += [
        {
            "id": f"store_{index}",
            "type": "postgres.query",
            "parameters": {
                "connection_id": "orders_db",
                "operation": "execute",
                "sql": (
                    "INSERT INTO orders (id, total) VALUES ({{ run.id }}, {{ steps.set_0.total }}) "
                    "RETURNING id"
                ),
            },
            "retry": {"retries": 2, "delay_s": 5},
        }
        for index in range(2)
    ]
    pairs = [
        ("start", "call_0"),
        ("call_0", "set_0"),
        ("set_0", "call_1"),
        ("set_0", "call_2"),
        ("call_1", "set_1"),
        ("call_2", "set_2"),
        ("set_1", "store_0"),
        ("set_2", "store_0"),
        ("store_0", "set_3"),
        ("set_3", "store_1"),
    ]
    return {
        "format": "flowforge/v1",
        "id": f"bench_{number}",
        "name": f"Bench {number}",
        "settings": {"description": "Takes an order.", "tags": ["bench"]},
        "nodes": nodes,
        "edges": [{"source": source, "target": target} for source, target in pairs],
    }


def _write_yaml(folder: Path, document: dict[str, Any]) -> Path:
    """Write the same Dag as dag-factory's YAML, with the same operators."""
    import yaml

    sources: dict[str, list[str]] = {}
    for edge in document["edges"]:
        sources.setdefault(edge["target"], []).append(edge["source"])
    tasks = {}
    for node in document["nodes"]:
        task: dict[str, Any] = {"operator": _OPERATORS[node["type"]], **node.get("parameters", {})}
        if node["type"] == "manual":
            task["trigger_type"] = "manual"
        else:
            retry = node.get("retry", {"retries": 0})
            task["retries"] = retry["retries"]
            if retry["retries"]:
                task["retry_delay"] = retry["delay_s"]
        if before := sources.get(node["id"]):
            task["dependencies"] = before
            if len(before) > 1:
                task["trigger_rule"] = "none_failed_min_one_success"
        tasks[node["id"]] = task
    dag = {
        "dag_display_name": document["name"],
        "description": document["settings"]["description"],
        "default_args": {"owner": "airflow", "start_date": "2024-01-01"},
        "schedule": None,
        "catchup": False,
        "max_active_runs": 16,
        "tags": ["bench", "flowforge"],
        "tasks": tasks,
    }
    path = folder / f"{document['id']}.yaml"
    path.write_text(yaml.safe_dump({document["id"]: dag}, sort_keys=False))
    return path


def _build_by_factory(path: Path) -> DAG:
    from dagfactory.dagfactory import _DagFactory

    dag: DAG
    [dag] = _DagFactory(config_filepath=str(path)).build_dags().values()
    return dag


def _check_same(ours: list[DAG], theirs: list[DAG]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dag_id == other.dag_id
        assert mine.task_ids, "a Dag without tasks"
        assert set(mine.task_ids) == set(other.task_ids)
        for task in mine.tasks:
            twin = other.get_task(task.task_id)
            assert type(twin) is type(task)
            assert twin.downstream_task_ids == task.downstream_task_ids, task.task_id
            assert vars(twin)["parameters"] == vars(task)["parameters"], task.task_id
            assert (twin.retries, twin.retry_delay) == (task.retries, task.retry_delay), task.task_id
            assert twin.trigger_rule == task.trigger_rule, task.task_id


def _best_rounds(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def _keep_quiet() -> None:
    """Keep the Airflow that is imported away from the user's, and dag-factory from telling its makers."""
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="flowforge-bench-")
    os.environ["DO_NOT_TRACK"] = "true"
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
