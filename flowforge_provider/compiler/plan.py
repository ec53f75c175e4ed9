"""Graph -> DagPlan: what the Dag will hold, as plain data in a stable order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticSerializationError, to_jsonable_python

from flowforge_provider.compiler.names import (
    RESERVED_ARGUMENTS,
    ClassPath,
    is_argument_name,
    variable_names,
)
from flowforge_provider.compiler.wiring import (
    Link,
    Wiring,
    ends_side_by_side,
    items_task,
    topological_positions,
    wire,
)
from flowforge_provider.exceptions import CompileError
from flowforge_provider.graph.loops import ITEM_PORT, find_loops
from flowforge_provider.nodes.assets import AssetReference, read_reference
from flowforge_provider.nodes.firing import WHICH_TRIGGER
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.nodes.schedules import CRON, schedules_of

if TYPE_CHECKING:
    from datetime import datetime

    from flowforge_provider.graph.models import Graph, Node, Retry
    from flowforge_provider.nodes.spec import NodeType, Parameters

PORT_TASK_OPERATOR = ClassPath("airflow.providers.standard.operators.empty", "EmptyOperator")
ITEMS_TASK_OPERATOR = ClassPath("flowforge_provider.operators.for_each", "ForEachItemsOperator")
WHICH_TRIGGER_OPERATOR = ClassPath("flowforge_provider.operators.which_trigger", "WhichTriggerOperator")
MAX_DEPTH = 100
# Parameters of a loop that its first task takes, and the one that is a setting of the tasks in its body.
_ITEMS_PARAMETERS = frozenset({"items", "batch_size"})
_CONCURRENCY = "concurrency"
# Parameters that say which asset a step updates.
_IN_OUTLETS = frozenset({"asset", "uri"})


@dataclass(frozen=True)
class CronSchedule:
    """
    When Airflow's scheduler starts runs, as its own timetables tell it.

    :param expression: five cron fields
    :param timezone: IANA name
    :param further: more expressions in the same time zone
    """

    expression: str
    timezone: str
    further: Sequence[str] = ()


@dataclass(frozen=True)
class WorkflowSchedule:
    """
    When Airflow's scheduler starts runs, where its own timetables do not suffice.

    :param schedules: one for each cron node, as ``Schedule.written`` gives it
    """

    schedules: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class RetryPlan:
    """How often, when and after which errors Airflow tries a task again; delays in seconds."""

    retries: int
    delay_s: float
    exponential_backoff: bool
    max_delay_s: float | None
    jitter: bool = True
    retry_on: Sequence[str] = ()
    never_on: Sequence[str] = ()


@dataclass(frozen=True)
class TaskPlan:
    """
    One task of the Dag.

    :param task_id: the node's id, or ``<node id>-<port>`` for a port task
    :param variable: name of the task in the source
    :param arguments: the operator's own keyword arguments, in the order of its parameters model
    :param parameters: parameters whose names cannot be keyword arguments
    :param ports: port -> ids of the tasks that follow it; None when every follower is on ``success``
    :param is_join: several tasks lead here, so skipped ones among them must not skip this one
    :param loop: the loop in whose body the task is
    :param trigger_rule: Airflow's trigger rule, where it does not follow from the links
    :param outlets: assets that it updates: (name, uri)
    """

    task_id: str
    variable: str
    operator: ClassPath
    display_name: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ports: Mapping[str, Sequence[str]] | None = None
    retry: RetryPlan | None = None
    timeout_s: float | None = None
    is_join: bool = False
    loop: str | None = None
    trigger_rule: str | None = None
    doc: str | None = None
    outlets: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class AssetSchedule:
    """
    The assets on which Airflow's scheduler starts runs.

    :param conditions: of each trigger, any of which starts a run: ``any`` or ``all``, and the assets
    """

    conditions: Sequence[tuple[str, Sequence[AssetReference]]]


@dataclass(frozen=True)
class LoopPlan:
    """
    The mapped task group of a loop's body.

    :param id: the loop's node, and the task that collects its results
    :param group_id: id of the task group
    :param variable: name of the function that makes the group
    :param concurrency: how many tasks of each step may run at once; None for no limit of the loop's own
    """

    id: str
    group_id: str
    variable: str
    concurrency: int | None = None


@dataclass(frozen=True)
class DagPlan:
    """
    A whole Dag.

    :param tasks: in topological order; tasks that could stand in either order stand in the order of their ids
    :param links: ordered as their tasks are
    :param starts_at: no scheduled run is for a moment before this one
    """

    dag_id: str
    name: str
    description: str
    timezone: str
    max_active_runs: int
    tags: Sequence[str]
    variables: Mapping[str, Any]
    schedule: CronSchedule | WorkflowSchedule | None
    tasks: Sequence[TaskPlan]
    links: Sequence[Link]
    loops: Sequence[LoopPlan] = ()
    starts_at: datetime | None = None
    assets: AssetSchedule | None = None
    priority: int = 0
    redact: Sequence[str] = ()


def build_plan(graph: Graph, *, is_scheduled: bool = True, starts_at: datetime | None = None) -> DagPlan:
    """
    Plan the Dag of a valid graph. The order of nodes and edges in the document has no influence.

    :param graph: has passed ``validate_graph``
    :param is_scheduled: whether its schedules are switched on
    :param starts_at: scheduled moments before this one are not made up for
    :raises UnknownNodeTypeError: a node's type is not installed
    :raises CompileError: the graph is not valid, in a way that keeps it from being planned
    """
    types = {node.id: get_registry().get(node.type, node.type_version) for node in graph.nodes}
    if len(types) != len(graph.nodes):
        raise CompileError(f"Graph {graph.id!r} holds two nodes of one id. Validate it before compiling.")
    types = {id_: node_type for id_, node_type in types.items() if node_type.kind != "note"}
    nodes = {node.id: node for node in graph.nodes if node.id in types}
    ports = {id_: {port.id for port in types[id_].ports_for(node.parameters)} for id_, node in nodes.items()}
    loops = find_loops(
        {id_: node.type for id_, node in nodes.items()},
        ((edge.source, edge.source_port, edge.target) for edge in graph.edges),
    )
    for loop_id in loops:
        ports[loop_id] -= {ITEM_PORT}  # It starts from the task before the body.
    wiring = wire(graph.edges, ports, loops)
    items_tasks = {items_task(loop_id): loop_id for loop_id in loops}
    choosing = _plan_choosing(nodes, types)
    links = [*wiring.links]
    if choosing is not None:
        links += [Link(choosing.task_id, id_) for id_ in nodes if types[id_].kind == "trigger"]
    first = [choosing.task_id] if choosing is not None else []
    position = topological_positions([*first, *nodes, *wiring.port_tasks, *items_tasks], links)
    groups = {loop_id: f"{loop_id}-body" for loop_id in sorted(loops)}
    imported = {ClassPath.parse(node_type.operator).name for node_type in types.values()}
    if choosing is not None:
        imported.add(choosing.operator.name)
    if starts_at is not None:
        imported |= {"datetime", "timezone"}
    if loops:
        imported |= {ITEMS_TASK_OPERATOR.name, "task_group", "batch"}
    variables = variable_names([*position, *groups.values()], imported=imported)
    tasks = []
    for task_id in position:
        variable = variables[task_id]
        if choosing is not None and task_id == choosing.task_id:
            tasks.append(replace(choosing, variable=variable))
        elif task_id in loops:
            by_step = ends_side_by_side(loops[task_id], graph.edges, ports)
            node = nodes[task_id]
            tasks.append(
                _plan_collecting(node, types[task_id], wiring=wiring, variable=variable, by_step=by_step)
            )
        elif task_id in nodes:
            tasks.append(_plan_task(nodes[task_id], types[task_id], wiring=wiring, variable=variable))
        elif task_id in items_tasks:
            node = nodes[items_tasks[task_id]]
            one_by_one = any(types[inner].defers(nodes[inner].parameters) for inner in loops[node.id].body)
            tasks.append(
                _plan_items(node, types[node.id], wiring=wiring, variable=variable, one_by_one=one_by_one)
            )
        else:
            tasks.append(TaskPlan(task_id=task_id, variable=variable, operator=PORT_TASK_OPERATOR))
    settings = graph.settings
    schedule = _schedule(graph) if is_scheduled else None
    return DagPlan(
        dag_id=graph.id,
        name=graph.name,
        description=settings.description,
        timezone=settings.timezone,
        max_active_runs=settings.max_active_runs,
        priority=settings.priority,
        redact=list(settings.redact),
        tags=sorted({"flowforge", *filter(None, map(str.strip, settings.tags))}),
        variables={key: _json(value, where=f"variable {key!r}") for key, value in settings.variables.items()},
        schedule=schedule,
        assets=_assets(graph),
        starts_at=starts_at if schedule is not None else None,
        tasks=tasks,
        links=sorted(links, key=lambda link: (position[link.source], position[link.target])),
        loops=[
            LoopPlan(
                id=loop_id,
                group_id=group_id,
                variable=variables[group_id],
                concurrency=nodes[loop_id].parameters.get(_CONCURRENCY) or None,
            )
            for loop_id, group_id in groups.items()
        ],
    )


def _plan_task(node: Node, node_type: type[NodeType], *, wiring: Wiring, variable: str) -> TaskPlan:
    arguments: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for name, value in _own_parameters(node, node_type).items():
        fits = is_argument_name(name) and name not in RESERVED_ARGUMENTS
        (arguments if fits else parameters)[name] = value
    outlets = tuple(node_type.outlets(node.parameters))
    if outlets:
        # The operator reads them from its outlets.
        arguments = {name: value for name, value in arguments.items() if name not in _IN_OUTLETS}
    is_trigger = node_type.kind == "trigger"
    return TaskPlan(
        task_id=node.id,
        variable=variable,
        operator=ClassPath.parse(node_type.operator),
        display_name=node.name if node.name not in ("", node.id) else None,
        arguments={"trigger_type": node.type, **arguments} if is_trigger else arguments,
        parameters=parameters,
        ports=wiring.ports.get(node.id),
        retry=None if is_trigger else _retry(node.retry, usual=node_type.default_retry),
        timeout_s=None if is_trigger else node.timeout_s,
        is_join=node.id in wiring.joins,
        loop=wiring.loop_of.get(node.id),
        # A step in a loop waits in its own way; see the printer.
        trigger_rule=node_type.trigger_rule(node.parameters)
        if node.id in wiring.joins and node.id not in wiring.loop_of
        else None,
        doc=node.notes or None,
        outlets=outlets,
    )


def _plan_items(
    node: Node, node_type: type[NodeType], *, wiring: Wiring, variable: str, one_by_one: bool
) -> TaskPlan:
    """Plan the task before a loop's body: it evaluates the list and makes the batches."""
    task_id = items_task(node.id)
    whole = _plan_task(node, node_type, wiring=wiring, variable=variable)
    arguments = {name: value for name, value in whole.arguments.items() if name in _ITEMS_PARAMETERS}
    if one_by_one:
        arguments["one_item_per_task"] = True
    return replace(
        whole,
        task_id=task_id,
        operator=ITEMS_TASK_OPERATOR,
        display_name=f"{node.label} (items)",
        arguments=arguments,
        ports=wiring.ports.get(task_id),
        is_join=task_id in wiring.joins,
        doc=None,
    )


def _plan_collecting(
    node: Node, node_type: type[NodeType], *, wiring: Wiring, variable: str, by_step: bool
) -> TaskPlan:
    """Plan the task after a loop's body: it collects the results, also when tasks of the body have failed."""
    whole = _plan_task(node, node_type, wiring=wiring, variable=variable)
    left_out = _ITEMS_PARAMETERS | {_CONCURRENCY}
    arguments = {name: value for name, value in whole.arguments.items() if name not in left_out}
    if by_step:
        arguments["results_by_step"] = True
    return replace(whole, arguments=arguments, is_join=False, trigger_rule="all_done")


def _own_parameters(node: Node, node_type: type[NodeType]) -> dict[str, Any]:
    """Return the parameters that differ from the model's defaults, in the order of the model's fields."""
    if node_type.kind == "trigger":
        # They say how runs are started, which is not a matter of the run: a webhook's authentication is read
        # where deliveries come in, and the schedule is the Dag's own.
        return {}
    defaults = _defaults(node_type.parameters)
    order = {name: index for index, name in enumerate(defaults)}
    names = sorted(node.parameters, key=lambda name: (order.get(name, len(order)), name))
    values = {
        name: _json(node.parameters[name], where=f"node {node.id!r}, parameter {name!r}") for name in names
    }
    return {
        name: value
        for name, value in values.items()
        if name not in defaults or not _same_json(value, defaults[name])
    }


_REQUIRED = object()


@lru_cache(maxsize=256)
def _defaults(model: type[Parameters]) -> dict[str, Any]:
    """Return field name -> default as JSON, in the order of the model; a marker for required fields."""
    defaults: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        if info.is_required():
            defaults[name] = _REQUIRED
            continue
        default = info.get_default(call_default_factory=True, validated_data={})
        try:
            defaults[name] = to_jsonable_python(default)
        except PydanticSerializationError:
            defaults[name] = _REQUIRED
    return defaults


def _same_json(left: Any, right: Any) -> bool:
    """Compare as JSON does: 1 is not True, and the order of keys matters, as it does in an output."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(_same_json(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same_json, left, right))
    return bool(left == right)


def _json(value: Any, *, where: str, depth: int = 0) -> Any:
    """Return a copy that holds JSON only."""
    if depth > MAX_DEPTH:
        raise CompileError(f"In {where}: lists and objects are nested deeper than {MAX_DEPTH}. Flatten them.")
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CompileError(f"In {where}: {value} is not a JSON number. Use a finite number or a string.")
        return value
    inner: Callable[[Any], Any] = lambda item: _json(item, where=where, depth=depth + 1)  # noqa: E731
    if isinstance(value, (list, tuple)):
        return [inner(item) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: inner(item) for key, item in value.items()}
    raise CompileError(f"In {where}: a value of type {type(value).__name__} is not JSON.")


def _retry(own: Retry | None, *, usual: Retry) -> RetryPlan:
    retry = own or usual
    retry_on = usual.retry_on if retry.retry_on is None else retry.retry_on
    never_on = usual.never_on if retry.never_on is None else retry.never_on
    return RetryPlan(
        retries=retry.retries,
        delay_s=retry.delay_s,
        exponential_backoff=retry.exponential_backoff,
        max_delay_s=retry.max_delay_s,
        jitter=retry.jitter,
        retry_on=tuple(dict.fromkeys(retry_on or ())),
        never_on=tuple(dict.fromkeys(never_on or ())),
    )


def _plan_choosing(nodes: Mapping[str, Node], types: Mapping[str, type[NodeType]]) -> TaskPlan | None:
    """Plan the task that finds which trigger has fired; None where one trigger starts every run."""
    triggers = [id_ for id_ in nodes if types[id_].kind == "trigger"]
    no_overlap = sorted(id_ for id_ in triggers if _forbids_overlap(nodes[id_]))
    if len(triggers) < 2 and not no_overlap:
        return None
    return TaskPlan(
        task_id=WHICH_TRIGGER,
        variable=WHICH_TRIGGER,
        operator=WHICH_TRIGGER_OPERATOR,
        arguments={"no_overlap": no_overlap} if no_overlap else {},
        retry=RetryPlan(retries=3, delay_s=5, exponential_backoff=True, max_delay_s=60),
    )


def _assets(graph: Graph) -> AssetSchedule | None:
    triggers = sorted((node for node in graph.nodes if node.type == "asset"), key=lambda node: node.id)
    conditions = []
    for node in triggers:
        names = dict.fromkeys(node.parameters.get("assets") or ())
        conditions.append((node.parameters.get("when") or "any", [read_reference(name) for name in names]))
    return AssetSchedule(conditions) if conditions else None


def _forbids_overlap(node: Node) -> bool:
    return node.type == CRON and bool(node.parameters.get("no_overlap"))


def _schedule(graph: Graph) -> CronSchedule | WorkflowSchedule | None:
    crons = [node for node in graph.nodes if node.type == CRON]
    for node in crons:
        if not isinstance(node.parameters.get("expression"), str):
            raise CompileError(f"Node {node.id!r}: field 'expression' is missing. Enter a cron expression.")
    schedules = schedules_of(graph)
    if not schedules:
        return None
    if len(schedules) == 1 and schedules[0].is_plain and not any(map(_forbids_overlap, crons)):
        first, *further = schedules[0].crons
        return CronSchedule(first, schedules[0].timezone, tuple(further))
    return WorkflowSchedule([schedule.written() for schedule in schedules])
