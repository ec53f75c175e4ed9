"""Graph -> DagPlan."""

from __future__ import annotations

import random
from typing import Any

import pytest

from flowforge_provider.compiler.names import ClassPath
from flowforge_provider.compiler.plan import CronSchedule, DagPlan, RetryPlan, TaskPlan, build_plan
from flowforge_provider.compiler.wiring import Link
from flowforge_provider.exceptions import CompileError, UnknownNodeTypeError
from flowforge_provider.graph.models import Graph, Retry, Settings
from flowforge_provider.nodes.builtin.http import HttpRequest
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger


def plan_of(*args: Any, **kwargs: Any) -> DagPlan:
    return build_plan(make_graph(*args, **kwargs))


def task(plan: DagPlan, task_id: str) -> TaskPlan:
    return next(task for task in plan.tasks if task.task_id == task_id)


def test_plans_a_chain() -> None:
    plan = plan_of(make_trigger(), make_set("total", total=1))

    assert [task.task_id for task in plan.tasks] == ["start", "total"]
    assert plan.links == [Link("start", "total")]
    assert task(plan, "start") == TaskPlan(
        task_id="start",
        variable="start",
        operator=ClassPath("flowforge_provider.operators.trigger", "TriggerOperator"),
        arguments={"trigger_type": "manual"},
    )
    assert task(plan, "total").arguments == {
        "operations": [{"operation": "set_fields", "fields": [{"name": "total", "value": 1}]}]
    }


def test_order_of_nodes_and_edges_does_not_matter() -> None:
    graph = make_graph(
        make_trigger(),
        *map(make_set, "abcdef"),
        edges=[
            make_edge("start", "c"),
            make_edge("start", "a"),
            make_edge("c", "b"),
            make_edge("a", "b"),
            make_edge("b", "d", "error"),
            make_edge("b", "e"),
            make_edge("e", "f"),
            make_edge("d", "f"),
        ],
    )
    plan = build_plan(graph)
    shuffler = random.Random(7)  # noqa: S311 (no secret depends on it)
    for _ in range(20):
        nodes, edges = list(graph.nodes), list(graph.edges)
        shuffler.shuffle(nodes)
        shuffler.shuffle(edges)
        assert build_plan(graph.model_copy(update={"nodes": nodes, "edges": edges})) == plan


def test_tasks_stand_after_those_before_them_then_by_id() -> None:
    edges = [
        make_edge("start", "z"),
        make_edge("start", "b"),
        make_edge("z", "a"),
        make_edge("start", "c"),
    ]
    plan = plan_of(make_trigger(), *map(make_set, "zabc"), edges=edges)
    assert [task.task_id for task in plan.tasks] == ["start", "b", "c", "z", "a"]


def test_a_parameter_equal_to_its_default_is_left_out() -> None:
    parameters = {
        "connection_id": "",
        "url": "https://example.com",
        "method": "GET",
        "headers": [],
        "read_timeout_s": 30,
    }
    plan = plan_of(make_trigger(), make_node("call", "http.request", parameters=parameters))
    assert task(plan, "call").arguments == {"url": "https://example.com"}


@pytest.mark.parametrize(("value", "kept"), [(False, True), (1, True), (True, False), (0, True)])
def test_a_default_is_compared_with_its_type(value: Any, kept: bool) -> None:
    parameters = {"url": "https://example.com", "verify_tls": value}
    plan = plan_of(make_trigger(), make_node("call", "http.request", parameters=parameters))
    assert ("verify_tls" in task(plan, "call").arguments) is kept


def test_parameters_stand_in_the_order_of_the_model() -> None:
    parameters = {
        "read_timeout_s": 5,
        "body": 1,
        "url": "https://example.com",
        "body_type": "json",
        "method": "PUT",
    }
    plan = plan_of(make_trigger(), make_node("call", "http.request", parameters=parameters))
    assert list(task(plan, "call").arguments) == ["method", "url", "body_type", "body", "read_timeout_s"]


def test_a_sample_payload_has_no_part_in_the_dag() -> None:
    plan = plan_of(make_trigger(parameters={"sample_payload": {"id": 7}}))
    assert task(plan, "start").arguments == {"trigger_type": "manual"}


def test_a_cron_trigger_becomes_the_schedule() -> None:
    trigger = make_trigger(type="cron", parameters={"expression": "0 7 * * *"})
    plan = plan_of(trigger, settings=Settings(timezone="Europe/Moscow"))
    assert plan.schedule == CronSchedule("0 7 * * *", "Europe/Moscow")
    assert task(plan, "start").arguments == {"trigger_type": "cron"}


def test_a_cron_trigger_may_have_a_time_zone_of_its_own() -> None:
    trigger = make_trigger(type="cron", parameters={"expression": "0 7 * * *", "timezone": "Asia/Tokyo"})
    assert plan_of(trigger).schedule == CronSchedule("0 7 * * *", "Asia/Tokyo")


def test_retry_settings_of_the_node_win_over_those_of_its_type() -> None:
    call = make_node("a", "http.request", parameters={"url": "https://example.com"})
    own = {"id": "b", "retry": Retry(retries=1, delay_s=3)}
    all_own = {"id": "c", "retry": Retry(retries=1, delay_s=3, retry_on=[], never_on=["429"])}
    plan = plan_of(make_trigger(), call, call.model_copy(update=own), call.model_copy(update=all_own))
    usual = HttpRequest.default_retry
    rules = (tuple(usual.retry_on or ()), tuple(usual.never_on or ()))
    assert all(rules)
    assert task(plan, "a").retry == RetryPlan(2, 5, True, 300, True, *rules)
    # A node that says only how often is still not to repeat a wrong request.
    assert task(plan, "b").retry == RetryPlan(1, 3, False, None, True, *rules)
    assert task(plan, "c").retry == RetryPlan(1, 3, False, None, True, (), ("429",))
    assert task(plan, "start").retry is None


def test_an_error_port_is_told_to_the_task() -> None:
    edges = [make_edge("start", "a"), make_edge("a", "b"), make_edge("a", "c", "error")]
    plan = plan_of(make_trigger(), *map(make_set, "abc"), edges=edges)
    assert task(plan, "a").ports == {"success": ["b"], "error": ["c"]}
    assert plan.links == [Link("start", "a"), Link("a", "b"), Link("a", "c", "error")]
    assert task(plan, "b").ports is None


def test_a_port_into_a_join_gets_a_task_of_its_own() -> None:
    # Airflow would skip "end" at once when "a" succeeds, although "b" leads there, too.
    edges = [
        make_edge("start", "a"),
        make_edge("a", "b"),
        make_edge("b", "end"),
        make_edge("a", "end", "error"),
    ]
    plan = plan_of(make_trigger(), *map(make_set, ("a", "b", "end")), edges=edges)
    assert task(plan, "a").ports == {"success": ["b"], "error": ["a-error"]}
    assert task(plan, "a-error").operator.name == "EmptyOperator"
    assert task(plan, "a-error").variable == "a_error"
    assert task(plan, "end").is_join
    assert Link("a-error", "end") in plan.links
    assert Link("a", "end") not in plan.links


def test_both_ports_to_one_node_are_one_plain_link() -> None:
    edges = [
        make_edge("start", "a"),
        make_edge("a", "end"),
        make_edge("a", "end", "error"),
        make_edge("start", "end"),
    ]
    plan = plan_of(make_trigger(), make_set("a"), make_set("end"), edges=edges)
    assert [task.task_id for task in plan.tasks] == ["start", "a", "end"]
    assert task(plan, "a").ports == {"success": ["end"], "error": ["end"]}


def test_a_port_that_leads_nowhere_may_be_taken_instead_of_the_one_into_a_join() -> None:
    # When "a" succeeds, it follows no edge; that must not skip "end", to which "b" leads.
    edges = [
        make_edge("start", "a"),
        make_edge("start", "b"),
        make_edge("a", "end", "error"),
        make_edge("b", "end"),
    ]
    plan = plan_of(make_trigger(), *map(make_set, ("a", "b", "end")), edges=edges)
    assert task(plan, "a").ports == {"error": ["a-error"]}
    assert Link("a-error", "end") in plan.links
    assert Link("b", "end") in plan.links


def test_all_ports_into_one_join_need_no_task_of_their_own() -> None:
    edges = [
        make_edge("start", "a"),
        make_edge("start", "b"),
        make_edge("a", "end"),
        make_edge("a", "end", "error"),
        make_edge("b", "end"),
    ]
    plan = plan_of(make_trigger(), *map(make_set, ("a", "b", "end")), edges=edges)
    assert task(plan, "a").ports == {"success": ["end"], "error": ["end"]}


def test_a_join_is_marked_only_when_several_nodes_lead_there() -> None:
    edges = [
        make_edge("start", "a"),
        make_edge("start", "b"),
        make_edge("a", "end"),
        make_edge("b", "end"),
    ]
    plan = plan_of(make_trigger(), make_set("a"), make_set("b"), make_set("end"), edges=edges)
    assert [task.task_id for task in plan.tasks if task.is_join] == ["end"]


def test_tags_are_sorted_and_name_flowforge() -> None:
    assert plan_of(settings=Settings(tags=["shop", "a", "shop"])).tags == ["a", "flowforge", "shop"]


def test_names_that_python_takes_are_changed() -> None:
    nodes = [*map(make_set, ("class", "dag", "filter", "filter_", "timedelta"))]
    plan = plan_of(make_trigger(), *nodes)
    names = {task.task_id: task.variable for task in plan.tasks}
    assert names["filter_"] == "filter_"
    assert names["filter"] == "filter__"
    assert (names["class"], names["dag"], names["timedelta"]) == ("class_", "dag_", "timedelta_")
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1: 2}, [b"x"]])
def test_a_value_that_is_no_json_is_refused(value: Any) -> None:
    graph = make_graph(make_trigger(), make_node("a", parameters={"input": {"deep": [value]}}))
    with pytest.raises(CompileError, match="node 'a', parameter 'input'"):
        build_plan(graph)


def test_a_value_nested_too_deep_is_refused() -> None:
    value: Any = None
    for _ in range(200):
        value = [value]
    with pytest.raises(CompileError, match="nested deeper than 100"):
        build_plan(make_graph(settings=Settings(variables={"deep": value})))


def test_a_cycle_is_refused() -> None:
    edges = [make_edge("start", "a"), make_edge("a", "b"), make_edge("b", "a")]
    graph = make_graph(make_trigger(), make_set("a"), make_set("b"), edges=edges)
    with pytest.raises(CompileError, match="cycle among the nodes a, b"):
        build_plan(graph)


def test_an_edge_to_nowhere_is_refused() -> None:
    with pytest.raises(CompileError, match="'start' -> 'ghost'"):
        build_plan(make_graph(make_trigger(), edges=[make_edge("start", "ghost")]))


def test_two_nodes_of_one_id_are_refused() -> None:
    with pytest.raises(CompileError, match="two nodes of one id"):
        build_plan(make_graph(make_trigger(), make_set("a"), make_set("a"), edges=[]))


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UnknownNodeTypeError, match=r"http\.request"):
        build_plan(make_graph(make_trigger(), make_node("a", "http.requests")))


def test_an_empty_graph_has_a_plan() -> None:
    plan = build_plan(Graph())
    assert (plan.tasks, plan.links) == ([], [])


def test_tags_of_white_space_are_none() -> None:
    assert plan_of(settings=Settings(tags=[" ", "", " shop "])).tags == ["flowforge", "shop"]


def test_notes_are_not_compiled() -> None:
    graph = make_graph()
    noted = graph.model_copy(update={"nodes": [make_node("why", "note"), *graph.nodes]})
    assert build_plan(noted) == build_plan(graph)


def test_what_a_task_waits_for_is_said_by_its_node_type_where_several_lead_to_it() -> None:
    edges = [make_edge("start", "a"), make_edge("start", "b"), make_edge("a", "end"), make_edge("b", "end")]
    graph = make_graph(
        make_trigger(),
        make_set("a"),
        make_set("b"),
        make_node("end", "merge", parameters={"mode": "first"}),
        edges=edges,
    )
    assert task(build_plan(graph), "end").trigger_rule == "one_success"
    alone = make_graph(make_trigger(), make_set("a"), make_node("end", "merge", parameters={"mode": "first"}))
    assert task(build_plan(alone), "end").trigger_rule is None
