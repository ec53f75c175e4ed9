from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from flowforge_provider.exceptions import UnknownNodeTypeError
from flowforge_provider.nodes.registry import GROUP, Registry, build_registry, get_registry
from flowforge_provider.nodes.spec import NodeType, Parameters, Port


def make_type(**attributes: object) -> type[NodeType]:
    defaults = {
        "type": "acme.ping",
        "title": "Ping",
        "group": "Web",
        "icon": "radar",
        "summary": "Pings.",
        "help": "Pings.",
        "parameters": Parameters,
        "operator": "acme.operators:PingOperator",
        "example": {"parameters": {}, "data": {}},
    }
    return type("Ping", (NodeType,), {**defaults, **attributes})


def test_the_installed_node_types_are_found() -> None:
    names = [node_type.type for node_type in get_registry().all()]
    assert {"manual", "webhook", "cron", "http.request", "transform", "postgres.query"} <= set(names)
    assert get_registry().problems == []


def test_triggers_come_first() -> None:
    is_trigger = [node_type.kind == "trigger" for node_type in get_registry().all()]
    assert is_trigger == sorted(is_trigger, reverse=True)


def test_an_unknown_type_offers_near_names() -> None:
    with pytest.raises(UnknownNodeTypeError, match=r"Did you mean http\.request\?"):
        get_registry().get("http.requst")
    assert get_registry().suggest("http") == ["http.request"]
    assert get_registry().suggest("postgres")[0] == "postgres.query"
    assert get_registry().find("nope") is None


def test_versions_live_side_by_side() -> None:
    old, new = make_type(), make_type(version=2)
    registry = Registry([old, new])
    assert registry.get("acme.ping") is new
    assert registry.get("acme.ping", 1) is old
    assert registry.all() == [new]
    with pytest.raises(UnknownNodeTypeError, match="has no version 3; installed: 1, 2") as caught:
        registry.get("acme.ping", 3)
    assert caught.value.error_code == "unknown-node-type-version"


def test_the_same_version_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="already offered"):
        Registry([make_type(), make_type()])


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"type": "Acme Ping"}, "not lower-case words"),
        ({"parameters": dict}, "not a subclass of Parameters"),
        ({"operator": "acme.operators.PingOperator"}, "module:Class"),
        ({"ports": (Port(id="a", label="a"), Port(id="a", label="b"))}, "distinct slugs"),
        ({"ports": (Port(id="No", label="a"),)}, "distinct slugs"),
    ],
)
def test_a_faulty_class_is_refused_with_the_reason(attributes: Any, message: Any) -> None:
    with pytest.raises(ValueError, match=message):
        Registry([make_type(**attributes)])


def test_a_class_that_lacks_attributes_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks type, title"):
        Registry([type("Empty", (NodeType,), {})])


def test_a_broken_entry_point_harms_itself_alone(caplog: Any) -> None:
    points = [
        EntryPoint("broken", "no_such_package.nodes:Thing", GROUP),
        EntryPoint("wrong", "json:dumps", GROUP),
        EntryPoint("manual", "flowforge_provider.nodes.builtin.manual:ManualTrigger", GROUP),
        EntryPoint("again", "flowforge_provider.nodes.builtin.manual:ManualTrigger", GROUP),
    ]
    registry = build_registry(points)
    assert [node_type.type for node_type in registry.all()] == ["manual"]
    told = {problem.entry_point.split(" ")[0]: problem.message for problem in registry.problems}
    assert set(told) == {"broken", "wrong", "manual"}
    assert "no_such_package" in told["broken"]
    assert "not a subclass of NodeType" in told["wrong"]
    assert "cannot be used" in caplog.text
