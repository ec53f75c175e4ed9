"""
DagPlan -> readable Python source, through a syntax tree.

Everything that a user typed enters the tree as a literal; names, structure and order are ours.
"""

from __future__ import annotations

import ast
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timezone
from typing import TYPE_CHECKING, Any

from flowforge_provider.compiler.names import ClassPath
from flowforge_provider.compiler.plan import WorkflowSchedule
from flowforge_provider.compiler.printer import print_module
from flowforge_provider.compiler.wiring import items_task
from flowforge_provider.exceptions import CompileError
from flowforge_provider.graph.models import weight_of_priority

if TYPE_CHECKING:
    from datetime import datetime

    from flowforge_provider.compiler.plan import DagPlan, LoopPlan, RetryPlan, TaskPlan
    from flowforge_provider.compiler.wiring import Link
    from flowforge_provider.nodes.assets import AssetReference

_SDK = "airflow.sdk"
_RETRY_POLICY = ClassPath("flowforge_provider.operators.retry", "StepRetryPolicy")
_DAY_S = 86_400
_DOCSTRING_WIDTH = 100


def to_source(plan: DagPlan) -> str:
    """
    Return the source of a Dag file, formatted as ``ruff format --line-length 110`` would.

    :raises CompileError: the source does not read back as the tree it was printed from
    """
    imports = _Imports()
    spaced: list[ast.stmt] = []
    statements = _statements(plan, imports=imports, spaced=spaced)
    with_dag = ast.With(
        items=[
            ast.withitem(context_expr=_dag(plan, imports=imports), optional_vars=_name("dag", store=True))
        ],
        body=statements or [ast.Pass()],
    )
    docstring = ast.Expr(ast.Constant(_docstring(plan)))
    import_groups = imports.statements()
    module = ast.Module(
        body=[docstring, *(line for group in import_groups for line in group), with_dag], type_ignores=[]
    )
    source = print_module(
        module,
        blank_before=[group[0] for group in import_groups] + [with_dag] + spaced,
    )
    _check_round_trip(source, module)
    return source


def _check_round_trip(source: str, module: ast.Module) -> None:
    """Refuse a source that says anything else than its tree; a printer's mistake must not become code."""
    try:
        parsed = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise CompileError("The compiled Dag is not valid Python. This is a fault of FlowForge.") from error
    if not _same_tree(parsed, module):
        raise CompileError("The compiled Dag differs from its plan. This is a fault of FlowForge.")


def _same_tree(left: Any, right: Any) -> bool:
    # As `ast.dump(left) == ast.dump(right)`, in a third of the time, which is most of a compilation's.
    if type(left) is not type(right):
        return False
    if isinstance(left, ast.AST):
        return all(_same_tree(getattr(left, name, None), getattr(right, name, None)) for name in left._fields)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same_tree, left, right))
    return bool(left == right)


class _Imports:
    """Collects what the module imports, and names it without a clash."""

    def __init__(self) -> None:
        self._name_of: dict[ClassPath, str] = {}

    def name(self, path: ClassPath) -> ast.Name:
        """Return the name under which a class is imported."""
        if path not in self._name_of:
            name, number = path.name, 1
            while name in self._name_of.values():
                number += 1
                name = f"{path.name}{number}"
            self._name_of[path] = name
        return _name(self._name_of[path])

    def statements(self) -> list[list[ast.ImportFrom]]:
        """Return groups of imports, the standard library first, ordered as isort does."""
        names_of: dict[str, list[str]] = defaultdict(list)
        for path in self._name_of:
            names_of[path.module].append(path.name)
        statements = [
            ast.ImportFrom(
                module=module,
                names=[self._alias(ClassPath(module, name)) for name in sorted(names, key=_isort_key)],
                level=0,
            )
            for module, names in sorted(names_of.items())
        ]
        groups = [
            [statement for statement in statements if statement.module == "datetime"],
            [statement for statement in statements if statement.module != "datetime"],
        ]
        return [group for group in groups if group]

    def _alias(self, path: ClassPath) -> ast.alias:
        name = self._name_of[path]
        return ast.alias(name=path.name, asname=None if name == path.name else name)


def _isort_key(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


def _docstring(plan: DagPlan) -> str:
    paragraphs = [_one_line(plan.name)]
    description = "\n".join(
        part
        for line in plan.description.strip().splitlines()
        for part in (textwrap.wrap(_one_line(line), _DOCSTRING_WIDTH, break_long_words=False) or [""])
    )
    if description:
        paragraphs.append(description)
    dag_id = _one_line(plan.dag_id)
    paragraphs.append(
        f"Compiled by FlowForge from the workflow {dag_id}. Edit it in Airflow's web interface at\n"
        f"/plugin/flowforge/workflows/{dag_id}; publishing it there replaces this file."
    )
    return "\n" + "\n\n".join(paragraphs) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _dag(plan: DagPlan, *, imports: _Imports) -> ast.Call:
    keywords: dict[str, ast.expr] = {"dag_id": _literal(plan.dag_id)}
    if plan.name != plan.dag_id:
        keywords["dag_display_name"] = _literal(plan.name)
    if plan.description:
        keywords["description"] = _literal(plan.description)
    keywords["doc_md"] = _name("__doc__")
    keywords["schedule"] = _schedule(plan, imports=imports)
    if plan.starts_at is not None:
        keywords["start_date"] = _moment(plan.starts_at, imports=imports)
    keywords["catchup"] = _literal(value=False)
    keywords["max_active_runs"] = _literal(plan.max_active_runs)
    keywords["is_paused_upon_creation"] = _literal(value=False)
    shared: dict[str, Any] = {}
    if plan.variables:
        shared["variables"] = plan.variables
    if plan.timezone != "UTC":
        shared["workflow_timezone"] = plan.timezone
    if plan.redact:
        shared["redact"] = list(plan.redact)
    if plan.priority:
        # Absolute: the same for all tasks, so that each step of a workflow that is urgent is.
        shared |= {"priority_weight": weight_of_priority(plan.priority), "weight_rule": "absolute"}
    if shared:
        keywords["default_args"] = _literal(shared)
    keywords["tags"] = _literal(list(plan.tags))
    return _call(imports.name(ClassPath(_SDK, "DAG")), **keywords)


def _schedule(plan: DagPlan, *, imports: _Imports) -> ast.expr:
    timetable = _timetable(plan, imports=imports)
    if plan.assets is None:
        return timetable or _literal(None)
    conditions = [_condition(when, assets, imports=imports) for when, assets in plan.assets.conditions]
    assets = conditions[0]
    if len(conditions) > 1:
        assets = _call(imports.name(ClassPath(_SDK, "AssetAny")), *conditions)
    if timetable is None:
        return assets
    both = imports.name(ClassPath(_SDK, "AssetOrTimeSchedule"))
    return _call(both, timetable=timetable, assets=assets)


def _condition(when: str, assets: Sequence[AssetReference], *, imports: _Imports) -> ast.expr:
    """Return one asset, or any or all of several."""
    references = [_asset(*asset, imports=imports) for asset in assets]
    if len(references) == 1:
        return references[0]
    return _call(imports.name(ClassPath(_SDK, "AssetAll" if when == "all" else "AssetAny")), *references)


def _asset(name: str, uri: str, *, imports: _Imports) -> ast.expr:
    asset = imports.name(ClassPath(_SDK, "Asset"))
    if uri == name:
        return _call(asset, _literal(name))
    return _call(asset, name=_literal(name), uri=_literal(uri))


def _timetable(plan: DagPlan, *, imports: _Imports) -> ast.expr | None:
    if plan.schedule is None:
        return None
    if isinstance(plan.schedule, WorkflowSchedule):
        timetable = imports.name(ClassPath("flowforge_provider.timetables.workflow", "WorkflowTimetable"))
        schedules = _literal(plan.schedule.schedules)
        return _call(timetable, workflow=_literal(plan.dag_id), schedules=schedules)
    expressions = [plan.schedule.expression, *plan.schedule.further]
    name = "CronTriggerTimetable" if len(expressions) == 1 else "MultipleCronTriggerTimetable"
    # Without `run_immediately`, publishing shortly after a tick would start a run at once.
    return _call(
        imports.name(ClassPath(_SDK, name)),
        *map(_literal, expressions),
        timezone=_literal(plan.schedule.timezone),
        run_immediately=_timedelta(0, imports=imports),
    )


def _statements(plan: DagPlan, *, imports: _Imports, spaced: list[ast.stmt]) -> list[ast.stmt]:
    """
    Return the tasks, the task groups of loops, and the chains between them.

    :param spaced: gets the statements that stand after an empty line
    """
    loops = {items_task(loop.id): loop for loop in plan.loops}
    variable = {task.task_id: task.variable for task in plan.tasks}
    links = _links_by_loop(plan)
    statements: list[ast.stmt] = []
    for task in plan.tasks:
        if task.loop is not None:
            continue
        statements.append(_task(task, imports=imports))
        if task.task_id in loops:
            loop = loops[task.task_id]
            body = [inner for inner in plan.tasks if inner.loop == loop.id]
            statements.append(_loop(loop, task, body, links[loop.id], imports=imports, spaced=spaced))
    chains: list[ast.stmt] = [
        _expansion(loop, variable[task_id], variable[loop.id]) for task_id, loop in loops.items()
    ]
    outside = [task for task in plan.tasks if task.loop is None]
    chains += _chains(outside, links[None], variable, imports=imports)
    spaced += [*statements[1:], *chains[:1]]
    return [*statements, *chains]


def _links_by_loop(plan: DagPlan) -> dict[str | None, list[Link]]:
    """
    Return the links outside of loops (None) and within each.

    Airflow itself links a group's first tasks to the task that it is expanded over, and its last tasks to
    what follows. A link to a task that other tasks of the body lead to, too, has to be written.
    """
    loop_of = {task.task_id: task.loop for task in plan.tasks}
    joins = {task.task_id for task in plan.tasks if task.is_join}
    links: dict[str | None, list[Link]] = {loop: [] for loop in {None, *loop_of.values()}}
    for link in plan.links:
        loop = loop_of[link.target]
        if loop_of[link.source] == loop or (loop is not None and link.target in joins):
            links[loop].append(link)
    return links


def _loop(
    loop: LoopPlan,
    items: TaskPlan,
    tasks: Sequence[TaskPlan],
    links: Sequence[Link],
    *,
    imports: _Imports,
    spaced: list[ast.stmt],
) -> ast.stmt:
    """Return the function that makes a loop's body, to be expanded over batches of items."""
    defaults: dict[str, Any] = {"loop": loop.id}
    if loop.concurrency is not None:
        defaults["max_active_tis_per_dagrun"] = loop.concurrency
    decorator = _call(
        imports.name(ClassPath(_SDK, "task_group")),
        group_id=_literal(loop.group_id),
        prefix_group_id=_literal(value=False),
        default_args=_literal(defaults),
    )
    statements: list[ast.stmt] = [_task(task, imports=imports) for task in tasks]
    variable = {task.task_id: task.variable for task in (items, *tasks)}
    chains = _chains([items, *tasks], links, variable, imports=imports)
    spaced += [*statements[1:], *chains[:1]]
    doc = f"Run for each batch of items; a step takes its items from {items_task(loop.id)}."
    # Newer versions of Python have more fields than older ones.
    later: dict[str, Any] = {"type_params": []} if "type_params" in ast.FunctionDef._fields else {}
    return ast.FunctionDef(
        name=loop.variable,
        args=ast.arguments(
            posonlyargs=[],
            args=[ast.arg(arg="batch", annotation=_name("object"), type_comment=None)],
            vararg=None,
            kwonlyargs=[],
            kw_defaults=[],
            kwarg=None,
            defaults=[],
        ),
        body=[ast.Expr(ast.Constant(doc)), *statements, *chains],
        decorator_list=[decorator],
        returns=ast.Constant(None),
        type_comment=None,
        **later,
    )


def _expansion(loop: LoopPlan, items_variable: str, collecting_variable: str) -> ast.stmt:
    expand = ast.Attribute(value=_name(loop.variable), attr="expand", ctx=ast.Load())
    output = ast.Attribute(value=_name(items_variable), attr="output", ctx=ast.Load())
    return ast.Expr(_joined([_call(expand, batch=output), _name(collecting_variable)]))


def _task(task: TaskPlan, *, imports: _Imports) -> ast.stmt:
    keywords: dict[str, ast.expr] = {"task_id": _literal(task.task_id)}
    if task.display_name is not None:
        keywords["task_display_name"] = _literal(task.display_name)
    keywords.update({name: _literal(value) for name, value in task.arguments.items()})
    if task.parameters:
        keywords["parameters"] = _literal(task.parameters)
    if task.outlets:
        outlets = [_asset(name, uri, imports=imports) for name, uri in task.outlets]
        keywords["outlets"] = ast.List(elts=[*outlets], ctx=ast.Load())
    if task.ports is not None:
        keywords["ports"] = _literal(task.ports)
    if task.retry is not None:
        keywords.update(_retry(task.retry, imports=imports))
    if task.timeout_s is not None:
        keywords["execution_timeout"] = _timedelta(task.timeout_s, imports=imports)
    if task.trigger_rule is not None:
        keywords["trigger_rule"] = _literal(task.trigger_rule)
    elif task.is_join:
        # Inside a mapped task group, Airflow would hold back all items until each has reached a join of the
        # usual rule. A step in a loop looks itself which items lead to it.
        keywords["trigger_rule"] = _literal("none_failed" if task.loop else "none_failed_min_one_success")
    if task.doc is not None:
        keywords["doc_md"] = _literal(task.doc)
    return ast.Assign(
        targets=[_name(task.variable, store=True)],
        value=_call(imports.name(task.operator), **keywords),
    )


def _retry(retry: RetryPlan, *, imports: _Imports) -> dict[str, ast.expr]:
    # Written out even when it is 0: Airflow's own default can be set to something else.
    keywords: dict[str, ast.expr] = {"retries": _literal(retry.retries)}
    if retry.retries == 0:
        return keywords
    keywords["retry_delay"] = _timedelta(retry.delay_s, imports=imports)
    if retry.exponential_backoff:
        keywords["retry_exponential_backoff"] = _literal(2)
    if retry.max_delay_s is not None:
        keywords["max_retry_delay"] = _timedelta(retry.max_delay_s, imports=imports)
    rules: dict[str, Any] = {}
    if retry.retry_on:
        rules["retry_on"] = list(retry.retry_on)
    if retry.never_on:
        rules["never_on"] = list(retry.never_on)
    if not retry.jitter:
        rules["jitter"] = False
    # Also without rules: it is what waits as long as a service asks, and spreads the delays.
    policy = imports.name(_RETRY_POLICY)
    keywords["retry_policy"] = _call(policy, **{name: _literal(value) for name, value in rules.items()})
    return keywords


def _chains(
    tasks: Sequence[TaskPlan],
    links_between: Sequence[Link],
    variable: Mapping[str, str],
    *,
    imports: _Imports,
) -> list[ast.stmt]:
    """Write every link once, in chains as long as they can be followed."""
    left: dict[str, list[Link]] = defaultdict(list)
    for link in links_between:
        left[link.source].append(link)

    statements: list[ast.stmt] = []
    for task in tasks:
        while left[task.task_id]:
            chain: list[ast.expr] = [_name(task.variable)]
            current: str | None = task.task_id
            while current is not None and left[current]:
                links = left[current]
                plain = [link for link in links if not link.label]
                if len(plain) > 1:
                    chain.append(_names(variable[link.target] for link in plain))
                    left[current] = [link for link in links if link.label]
                    current = None
                    continue
                link = plain[0] if plain else links[0]
                links.remove(link)
                if link.label:
                    chain.append(_call(imports.name(ClassPath(_SDK, "Label")), _literal(link.label)))
                chain.append(_name(variable[link.target]))
                current = link.target
            statements.append(ast.Expr(_joined(chain)))
    return statements


def _joined(operands: Sequence[ast.expr]) -> ast.expr:
    result = operands[0]
    for operand in operands[1:]:
        result = ast.BinOp(left=result, op=ast.RShift(), right=operand)
    return result


def _literal(value: Any) -> ast.expr:
    """Return the literal of a JSON value."""
    if value is None or isinstance(value, (bool, str)):
        return ast.Constant(value)
    if isinstance(value, (int, float)):
        # A negative number is an operator and a literal in Python's grammar. -0.0 is negative, too.
        if value < 0 or (isinstance(value, float) and str(value).startswith("-")):
            return ast.UnaryOp(op=ast.USub(), operand=ast.Constant(-value))
        return ast.Constant(value)
    if isinstance(value, Mapping):
        return ast.Dict(keys=[ast.Constant(key) for key in value], values=[*map(_literal, value.values())])
    if isinstance(value, Sequence):
        return ast.List(elts=[*map(_literal, value)], ctx=ast.Load())
    raise CompileError(f"A value of type {type(value).__name__} has no literal.")


def _moment(moment: datetime, *, imports: _Imports) -> ast.expr:
    """Return the call that makes a moment, in UTC and whole seconds."""
    parts = moment.astimezone(timezone.utc).timetuple()[:6]
    utc = ast.Attribute(value=imports.name(ClassPath("datetime", "timezone")), attr="utc", ctx=ast.Load())
    return _call(imports.name(ClassPath("datetime", "datetime")), *map(_literal, parts), tzinfo=utc)


def _timedelta(seconds: float, *, imports: _Imports) -> ast.expr:
    function = imports.name(ClassPath("datetime", "timedelta"))
    if seconds == 0:
        return _call(function, _literal(0))
    whole = int(seconds) if float(seconds).is_integer() else seconds
    for unit, size in (("days", _DAY_S), ("hours", 3600), ("minutes", 60)):
        if isinstance(whole, int) and whole % size == 0:
            return _call(function, **{unit: _literal(whole // size)})
    return _call(function, seconds=_literal(whole))


def _names(names: Iterable[str]) -> ast.List:
    return ast.List(elts=[_name(name) for name in names], ctx=ast.Load())


def _name(name: str, *, store: bool = False) -> ast.Name:
    return ast.Name(id=name, ctx=ast.Store() if store else ast.Load())


def _call(function: ast.expr, /, *args: ast.expr, **keywords: ast.expr) -> ast.Call:
    return ast.Call(
        func=function,
        args=list(args),
        keywords=[ast.keyword(arg=name, value=value) for name, value in keywords.items()],
    )
