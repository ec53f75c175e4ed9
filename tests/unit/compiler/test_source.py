"""
DagPlan -> source, compared with files that people can read.

``golden/<case>.json`` is a graph, ``golden/<case>.py`` what it compiles to. After a wanted change, write them
anew with ``python -m flowforge_provider.compiler tests/unit/compiler/golden/*.json --output
tests/unit/compiler/golden`` and read the difference.
"""

from __future__ import annotations

import ast
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flowforge_provider.compiler.names import ClassPath
from flowforge_provider.compiler.plan import DagPlan, TaskPlan, build_plan
from flowforge_provider.compiler.source import to_source
from flowforge_provider.compiler.wiring import Link
from flowforge_provider.graph.load import load_graph

GOLDEN = Path(__file__).with_name("golden")
EXAMPLES = Path(__file__).parents[3] / "dags"
CASES = sorted(path.stem for path in GOLDEN.glob("*.json"))
RUFF = (sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "110")
STEP = ClassPath("flowforge_provider.operators.transform", "TransformOperator")


def compiled(document: Path) -> str:
    return to_source(build_plan(load_graph(json.loads(document.read_text(encoding="utf-8")))))


@pytest.mark.parametrize("case", CASES)
def test_golden_file(case: str) -> None:
    assert compiled(GOLDEN / f"{case}.json") == (GOLDEN / f"{case}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["orders", "orders_postgres"])
def test_example_dag_is_what_its_graph_compiles_to(name: str) -> None:
    source = compiled(EXAMPLES / "graphs" / f"{name}.json")
    assert source == (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")


def test_golden_files_are_what_a_formatter_leaves() -> None:
    paths = [*GOLDEN.glob("*.py"), *EXAMPLES.glob("*.py")]
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "format",
            "--isolated",
            "--line-length",
            "110",
            "--diff",
            *map(str, paths),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.returncode) == ("", 0)


def plan(*tasks: TaskPlan, links: list[Link] | None = None, **fields: Any) -> DagPlan:
    defaults: dict[str, Any] = {
        "dag_id": "orders",
        "name": "Orders",
        "description": "",
        "timezone": "UTC",
        "max_active_runs": 16,
        "tags": ["flowforge"],
        "variables": {},
        "schedule": None,
    }
    return DagPlan(**{**defaults, **fields}, tasks=tasks, links=links or [])


def step(task_id: str) -> TaskPlan:
    return TaskPlan(task_id=task_id, variable=task_id, operator=STEP)


def chains(*links: Link) -> list[str]:
    """Return the lines of the source that chain tasks; links stand in order of their tasks."""
    names = sorted({name for link in links for name in (link.source, link.target)})
    source = to_source(plan(*map(step, names), links=list(links)))
    return [line.strip() for line in source.splitlines() if ">>" in line]


def test_a_priority_is_the_weight_of_every_task() -> None:
    urgent, lazy, normal = (to_source(plan(step("a"), priority=level)) for level in (3, -2, 0))
    assert '"priority_weight": 30001' in urgent
    assert '"priority_weight": -19999' in lazy
    assert '"weight_rule": "absolute"' in urgent
    assert "priority_weight" not in normal


def test_a_chain_is_one_line() -> None:
    assert chains(Link("a", "b"), Link("b", "c")) == ["a >> b >> c"]


def test_several_followers_are_a_list() -> None:
    assert chains(Link("a", "b"), Link("a", "c"), Link("b", "d"), Link("c", "d")) == [
        "a >> [b, c]",
        "b >> d",
        "c >> d",
    ]


def test_a_port_is_a_label() -> None:
    assert chains(Link("a", "b"), Link("a", "c", "error"), Link("c", "d")) == [
        "a >> b",
        'a >> Label("error") >> c >> d',
    ]


def test_a_chain_that_is_too_long_stands_in_parentheses() -> None:
    names = [letter * 30 for letter in "abcd"]
    links = [Link(left, right) for left, right in itertools.pairwise(names)]
    source = to_source(plan(*map(step, names), links=links))
    rest = "".join(f"        >> {name}\n" for name in names[1:])
    assert source.endswith(f"    (\n        {names[0]}\n{rest}    )\n")


def test_a_dag_without_tasks_is_valid() -> None:
    ast.parse(to_source(plan()))


def test_classes_of_one_name_get_different_names() -> None:
    tasks = [
        TaskPlan(task_id=name, variable=name, operator=ClassPath(module, "Op"))
        for name, module in (("a", "one"), ("b", "two"))
    ]
    source = to_source(plan(*tasks))
    assert "from one import Op\nfrom two import Op as Op2\n" in source
    assert "b = Op2(" in source


def test_a_name_that_is_no_argument_goes_into_parameters() -> None:
    task = TaskPlan(task_id="a", variable="a", operator=STEP, parameters={"queue": "x", "a-b": 1})
    assert '        parameters={"queue": "x", "a-b": 1},\n' in to_source(plan(task))


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.5, "timedelta(seconds=0.5)"),
        (90, "timedelta(seconds=90)"),
        (120.0, "timedelta(minutes=2)"),
        (7200, "timedelta(hours=2)"),
        (86400, "timedelta(days=1)"),
    ],
)
def test_timeouts_are_told_in_the_largest_whole_unit(seconds: float, written: str) -> None:
    task = TaskPlan(task_id="a", variable="a", operator=STEP, timeout_s=seconds)
    assert f"execution_timeout={written}," in to_source(plan(task))


@pytest.mark.parametrize(
    "value", [-1, -0.0, 0, 1e300, 1e-7, 10**30, True, None, [], {}, [{}], {"": [None]}, -1.5]
)
def test_values_read_back(value: Any) -> None:
    source = to_source(plan(variables={"value": value}))
    [call] = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    [shared] = [keyword.value for keyword in call.keywords if keyword.arg == "default_args"]
    assert repr(ast.literal_eval(shared)["variables"]["value"]) == repr(value)


def test_a_docstring_never_ends_in_md() -> None:
    # Airflow would take such a text for the name of a file and read it.
    source = to_source(plan(name="/etc/secret.md", description="/etc/secret.md"))
    assert (ast.get_docstring(ast.parse(source), clean=False) or "").endswith("file.\n")
