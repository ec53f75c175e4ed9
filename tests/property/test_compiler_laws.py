"""Laws of the compiler, tried on generated graphs."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_provider.compiler import compile_graph
from flowforge_provider.compiler.load import build_dag
from flowforge_provider.compiler.names import ClassPath
from flowforge_provider.compiler.plan import DagPlan, TaskPlan, build_plan
from flowforge_provider.compiler.source import to_source
from flowforge_provider.graph.load import dump_graph, load_graph
from tests.property.strategies import json_values, texts, valid_graphs

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from flowforge_provider.graph.models import Graph

relaxed = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
few = settings(relaxed, max_examples=25)

# All that a generated module consists of. Nothing in it computes, but for the calls that make the Dag.
SYNTAX = (
    ast.Module,
    ast.Expr,
    ast.ImportFrom,
    ast.alias,
    ast.With,
    ast.withitem,
    ast.Assign,
    ast.Call,
    ast.keyword,
    ast.Name,
    ast.Load,
    ast.Store,
    ast.Constant,
    ast.List,
    ast.Dict,
    ast.UnaryOp,
    ast.USub,
    ast.BinOp,
    ast.RShift,
)
# Any text at all, with what JSON cannot hold: NUL and lone surrogates.
any_text = st.one_of(texts(max_size=60), st.text(st.characters(), max_size=60), st.just("x" * 300))


def compiled_dag(graph: Graph) -> DAG:
    return build_dag(compile_graph(graph), fileloc="/compiled.py")


@relaxed
@given(valid_graphs())
def test_same_graph_same_bytes(graph: Graph) -> None:
    assert compile_graph(graph) == compile_graph(load_graph(dump_graph(graph)))


@relaxed
@given(valid_graphs(), st.randoms(use_true_random=False))
def test_order_in_the_file_does_not_matter(graph: Graph, random: Any) -> None:
    nodes, edges = list(graph.nodes), list(graph.edges)
    random.shuffle(nodes)
    random.shuffle(edges)
    parameters = [
        node.model_copy(update={"parameters": dict(reversed(node.parameters.items()))}) for node in nodes
    ]
    shuffled = graph.model_copy(update={"nodes": parameters, "edges": edges})
    assert compile_graph(shuffled) == compile_graph(graph)


@relaxed
@given(valid_graphs(), st.floats(-1e6, 1e6))
def test_the_drawing_does_not_matter(graph: Graph, x: float) -> None:
    moved = [
        node.model_copy(update={"position": node.position.model_copy(update={"x": x})})
        for node in graph.nodes
    ]
    assert compile_graph(graph.model_copy(update={"nodes": moved})) == compile_graph(graph)


@relaxed
@given(valid_graphs())
def test_airflow_accepts_the_dag_and_its_edges_are_those_of_the_graph(graph: Graph) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    dag = compiled_dag(graph)
    serialized = DagSerialization.to_dict(dag)
    restored = DagSerialization.from_dict(serialized)

    assert (dag.dag_id, dag.dag_display_name) == (graph.id, graph.name)
    for made in (dag, restored):
        assert _edges(made) == {(edge.source, edge.target) for edge in graph.edges}
        assert {task_id for task_id in made.task_ids if "-" not in task_id} == {
            node.id for node in graph.nodes
        }


def _edges(dag: Any) -> set[tuple[str, str]]:
    """Return the pairs of nodes; a port task (``node-port``) stands for its node."""
    pairs = {
        (task.task_id.partition("-")[0], follower)
        for task in dag.tasks
        for follower in task.downstream_task_ids
    }
    return {(source, target) for source, target in pairs if "-" not in target}


@relaxed
@given(valid_graphs())
def test_ports_lead_where_the_edges_of_the_graph_lead(graph: Graph) -> None:
    dag = compiled_dag(graph)
    wanted: dict[str, dict[str, set[str]]] = {}
    for edge in graph.edges:
        wanted.setdefault(edge.source, {}).setdefault(edge.source_port, set()).add(edge.target)
    for node_id, ports in wanted.items():
        given_ports = getattr(dag.get_task(node_id), "ports", {})
        if ports.keys() == {"success"}:
            assert given_ports == {}
            continue
        followed = {
            port: {
                target
                for task_id in task_ids
                for target in (dag.get_task(task_id).downstream_task_ids if "-" in task_id else [task_id])
            }
            for port, task_ids in given_ports.items()
        }
        assert followed == ports


@relaxed
@given(valid_graphs())
def test_parameters_reach_the_operators_unchanged(graph: Graph) -> None:
    from flowforge_provider.operators.base import FlowForgeOperator

    dag = compiled_dag(graph)
    for node in graph.nodes:
        operator = dag.get_task(node.id)
        if not isinstance(operator, FlowForgeOperator):
            continue
        model = operator.parameters_model()
        assert model.model_validate(operator.parameters) == model.model_validate(node.parameters)
        assert operator.variables == graph.settings.variables
        assert operator.doc_md == (node.notes or None)
        assert operator.task_display_name == (node.name or node.id)


@st.composite
def hostile_plans(draw: st.DrawFn) -> DagPlan:
    """Return a plan all of whose texts are hostile."""
    values = st.recursive(
        any_text,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(any_text, inner, max_size=3), json_values()
        ),
        max_leaves=5,
    )
    task = TaskPlan(
        task_id=draw(any_text),
        variable="step",
        operator=ClassPath("flowforge_provider.operators.transform", "TransformOperator"),
        display_name=draw(any_text),
        arguments={"program": draw(values)},
        parameters=draw(st.dictionaries(any_text, values, min_size=1, max_size=2)),
        doc=draw(any_text),
    )
    return DagPlan(
        dag_id=draw(any_text),
        name=draw(any_text),
        description=draw(any_text),
        timezone=draw(any_text),
        max_active_runs=1,
        tags=[draw(any_text)],
        variables=draw(st.dictionaries(any_text, values, min_size=1, max_size=2)),
        schedule=None,
        tasks=[task],
        links=[],
    )


@relaxed
@given(hostile_plans())
def test_texts_stay_literals(plan: DagPlan) -> None:
    tree = ast.parse(to_source(plan))

    assert {type(node) for node in ast.walk(tree)} <= set(SYNTAX)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names <= {"DAG", "TransformOperator", "dag", "step", "__doc__"}

    [dag, step] = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    dag_arguments, step_arguments = _arguments(dag), _arguments(step)
    task = plan.tasks[0]
    assert dag_arguments["dag_id"] == plan.dag_id
    assert dag_arguments.get("description", "") == plan.description
    assert dag_arguments["tags"] == plan.tags
    assert _same(dag_arguments["default_args"]["variables"], plan.variables)
    assert step_arguments["task_id"] == task.task_id
    assert step_arguments["doc_md"] == task.doc
    assert step_arguments["task_display_name"] == task.display_name
    assert _same(step_arguments["program"], task.arguments["program"])
    assert _same(step_arguments["parameters"], task.parameters)


@relaxed
@given(hostile_plans())
def test_texts_change_nothing_but_literals(plan: DagPlan) -> None:
    harmless = replace(plan, name="n", description="d" if plan.description else "", dag_id="i", tags=["t"])
    if (plan.name == plan.dag_id) or plan.timezone == "UTC":
        return  # Such a plan has an argument less.
    assert _shape(to_source(plan)) == _shape(to_source(harmless))


def _arguments(call: ast.Call) -> dict[str, Any]:
    return {
        str(keyword.arg): ast.literal_eval(keyword.value)
        for keyword in call.keywords
        if not isinstance(keyword.value, (ast.Name, ast.Call))
    }


def _same(left: Any, right: Any) -> bool:
    """Compare with types and signs: -0.0 is not 0, True is not 1."""
    return repr(left) == repr(right)


def _shape(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@few
@given(st.one_of(valid_graphs().map(build_plan), hostile_plans()))
def test_the_source_is_what_a_formatter_leaves(plan: DagPlan) -> None:
    source = to_source(plan)
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "110", "-"],
        input=source,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert result.stdout == source
