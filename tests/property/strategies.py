"""Hypothesis strategies for graphs: any well-formed document, and graphs that validate without an error."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from flowforge_provider.graph.models import Edge, Graph, Node, Position, Retry, Settings

# Texts that have broken code generators, templates and databases elsewhere.
HOSTILE_TEXTS = (
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    "\\n",
    "\n",
    "\r\n",
    "{% raw %}",
    "{#",
    "#}",
    "%(name)s",
    "$ENV",
    "${HOME}",
    "`id`",
    "'); import os; os.system('id') #",
    '""" + __import__("os").getcwd() + """',
    "\N{RIGHT-TO-LEFT OVERRIDE}abc",
    "\N{LINE SEPARATOR}",
    "\N{ZERO WIDTH SPACE}",
    "\N{SNOWMAN}",
    "\N{PILE OF POO}",
    "Ёжик",
    "</script><script>alert(1)</script>",
    "\x1b[31m",
    "\x7f",
)

# What JSON can hold: no NUL and no lone surrogates (graph/json_values.py).
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def texts(*, max_size: int = 30) -> st.SearchStrategy[str]:
    """Return texts, hostile ones among them; none holds ``{{``."""
    plain = st.one_of(st.sampled_from(HOSTILE_TEXTS), st.text(characters, max_size=max_size))
    return plain.map(lambda text: text.replace("{{", "{ {")[:max_size])


node_ids = st.from_regex(re.compile(r"[a-z][a-z0-9_]{0,12}", re.ASCII), fullmatch=True)
workflow_ids = st.from_regex(re.compile(r"[a-z0-9][a-z0-9_-]{0,20}", re.ASCII), fullmatch=True)
numbers = st.one_of(
    st.integers(min_value=-(2**53), max_value=2**53), st.floats(allow_nan=False, allow_infinity=False)
)


def json_values(*, max_leaves: int = 8) -> st.SearchStrategy[Any]:
    """Return any JSON without expressions."""
    leaves = st.one_of(st.none(), st.booleans(), numbers, texts())
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(texts(max_size=10), inner, max_size=3)
        ),
        max_leaves=max_leaves,
    )


retries = st.builds(
    Retry,
    retries=st.integers(0, 100),
    delay_s=st.floats(0, 86_400),
    exponential_backoff=st.booleans(),
    max_delay_s=st.one_of(st.none(), st.floats(0.1, 86_400)),
)
positions = st.builds(
    Position,
    x=st.floats(-1e6, 1e6, allow_nan=False),
    y=st.floats(-1e6, 1e6, allow_nan=False),
)
settings = st.builds(
    Settings,
    description=texts(max_size=100),
    timezone=st.sampled_from(["UTC", "Europe/Moscow", "America/New_York", "Asia/Kolkata"]),
    max_active_runs=st.integers(1, 1000),
    tags=st.lists(texts(max_size=20) | st.just("t" * 100), max_size=3, unique=True),
    variables=st.dictionaries(node_ids, json_values(), max_size=3),
)


@st.composite
def documents(draw: st.DrawFn) -> Graph:
    """Return any well-formed graph, whether or not it makes sense."""
    ids = draw(st.lists(node_ids, max_size=5))
    nodes = [
        Node(
            id=node_id,
            type=draw(st.sampled_from(["manual", "http.request", "transform", "acme.unknown"])),
            type_version=draw(st.integers(1, 3)),
            name=draw(texts()),
            parameters=draw(st.dictionaries(texts(max_size=10), json_values(), max_size=3)),
            position=draw(positions),
            retry=draw(st.one_of(st.none(), retries)),
            timeout_s=draw(st.one_of(st.none(), st.floats(0.1, 604_800))),
            notes=draw(texts(max_size=50)),
        )
        for node_id in ids
    ]
    ends = st.sampled_from(ids) if ids else node_ids
    edges = draw(
        st.lists(
            st.builds(Edge, source=ends, source_port=st.sampled_from(["success", "error"]), target=ends),
            max_size=6,
        )
    )
    return Graph(
        id=draw(workflow_ids),
        name=draw(texts().filter(bool)),
        settings=draw(settings),
        nodes=nodes,
        edges=edges,
    )


def _trigger(draw: st.DrawFn, node_id: str) -> Node:
    kind = draw(st.sampled_from(["manual", "webhook", "cron"]))
    parameters: dict[str, Any] = {}
    if kind == "manual":
        parameters = {"sample_payload": draw(json_values())}
    elif kind == "webhook":
        parameters = draw(
            st.sampled_from(
                [{"authentication": "none"}, {"connection_id": "token", "header_name": "X-Token"}]
            )
        )
    else:
        parameters = {
            "expression": draw(st.sampled_from(["0 9 * * 1-5", "*/5 * * * *", "@daily", "0 0 1 jan *"])),
            "timezone": draw(st.sampled_from(["", "Europe/Moscow"])),
        }
    return Node(id=node_id, type=kind, name=draw(texts()), parameters=parameters, position=draw(positions))


@st.composite
def expressions(draw: st.DrawFn, *, steps: list[str]) -> str:
    """
    Return a template that a node may use.

    :param steps: ids of the actions before the node
    """
    roots = ["trigger.body", "run.id", "workflow.name"] + [f"steps.{step}" for step in steps]
    root = draw(st.sampled_from(roots))
    shape = draw(
        st.sampled_from(
            [
                "{{ %s }}",
                "{{ %s | default('none') }}",
                "{{ %s | tojson }}",
                "id: {{ %s }}",
                "{{ [%s, 1] }}",
                "{{ 'a' if %s else 'b' }}",
            ]
        )
    )
    return shape % root


def _action(draw: st.DrawFn, node_id: str, steps: list[str], upstream: int) -> Node:
    value = st.one_of(expressions(steps=steps), json_values())
    text = st.one_of(expressions(steps=steps), texts())
    kind = draw(st.sampled_from(["transform", "transform", "http.request", "postgres.query"]))
    if kind == "transform":
        fields = draw(
            st.lists(st.fixed_dictionaries({"name": node_ids, "value": value}), min_size=1, max_size=3)
        )
        operation: dict[str, Any] = {"operation": "set_fields", "fields": fields}
        needs_input = False
        if draw(st.booleans()):
            operation = {
                "operation": "jq",
                "program": draw(st.sampled_from([".", ".a?", "{total: 1}", "[.]"])),
            }
            needs_input = True
        parameters: dict[str, Any] = {"operations": [operation]}
        if needs_input and upstream > 1:
            parameters["input"] = draw(expressions(steps=steps))
    elif kind == "http.request":
        one_line = text.map(lambda item: re.sub(r"[\x00-\x1f\x7f]", " ", item))
        parameters = {
            "method": draw(st.sampled_from(["GET", "POST", "DELETE"])),
            "url": draw(st.sampled_from(["https://example.com/a", "https://example.com/{{ run.id }}"])),
            "query": draw(st.lists(st.fixed_dictionaries({"name": text, "value": text}), max_size=2)),
            "headers": draw(
                st.lists(st.fixed_dictionaries({"name": st.just("X-A"), "value": one_line}), max_size=2)
            ),
            "body_type": "json",
            "body": draw(value),
            "total_timeout_s": draw(st.sampled_from([1, 30.5, "{{ trigger.body.timeout | default(3) }}"])),
        }
    else:
        comment = texts().map(lambda item: re.sub(r"[\r\n]|\{\{", "", item))
        parameters = {
            "connection_id": "orders_db",
            "operation": "execute",
            "sql": f"INSERT INTO t (a) VALUES ({draw(expressions(steps=steps))}) -- {draw(comment)}",  # noqa: S608 - never run
        }
    return Node(
        id=node_id,
        type=kind,
        name=draw(texts()),
        parameters=parameters,
        position=draw(positions),
        retry=draw(st.one_of(st.none(), retries)),
        timeout_s=draw(st.one_of(st.none(), st.floats(0.1, 604_800))),
        notes=draw(texts(max_size=50)),
    )


@st.composite
def valid_graphs(draw: st.DrawFn, *, max_actions: int = 6) -> Graph:
    """
    Return a graph without errors: one trigger, actions that it leads to, edges that go one way.

    :param max_actions: most actions beside the trigger
    """
    trigger_id, *action_ids = draw(st.lists(node_ids, min_size=2, max_size=max_actions + 1, unique=True))
    nodes = [_trigger(draw, trigger_id)]
    edges: list[Edge] = []
    before: dict[str, set[str]] = {trigger_id: set()}
    for place, node_id in enumerate(action_ids):
        earlier = [trigger_id, *action_ids[:place]]
        sources = draw(st.lists(st.sampled_from(earlier), min_size=1, max_size=3, unique=True))
        for source in sources:
            ports = ["success"] if source == trigger_id else ["success", "success", "error"]
            edges.append(Edge(source=source, source_port=draw(st.sampled_from(ports)), target=node_id))
        before[node_id] = set().union(*(before[source] | {source} for source in sources)) - {trigger_id}
        nodes.append(_action(draw, node_id, sorted(before[node_id]), len(sources)))
    return Graph(
        id=draw(workflow_ids),
        name=draw(texts().filter(bool)),
        settings=draw(settings),
        nodes=draw(st.permutations(nodes)),
        edges=draw(st.permutations(edges)),
    )
