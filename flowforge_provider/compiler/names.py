"""Names in generated source: variables of tasks, keyword arguments, paths of classes."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowforge_provider.exceptions import CompileError

if TYPE_CHECKING:
    from collections.abc import Iterable

# What every operator of ours takes beside its own parameters, and what Airflow's BaseOperator takes. A
# parameter of such a name goes into the operator's `parameters` mapping. A test compares the list with the
# installed Airflow.
RESERVED_ARGUMENTS = frozenset(
    """
    parameters ports variables workflow_timezone redact loop trigger_type task_id owner email email_on_retry
    email_on_failure retries retry_delay retry_exponential_backoff max_retry_delay retry_policy start_date
    end_date depends_on_past ignore_first_depends_on_past wait_for_past_depends_before_skipping
    wait_for_downstream dag params default_args priority_weight weight_rule queue pool pool_slots sla
    execution_timeout on_execute_callback on_failure_callback on_success_callback on_retry_callback
    on_skipped_callback pre_execute post_execute trigger_rule resources run_as_user map_index_template
    max_active_tis_per_dag max_active_tis_per_dagrun executor executor_config do_xcom_push multiple_outputs
    inlets outlets task_group doc doc_md doc_json doc_yaml doc_rst task_display_name logger_name
    allow_nested_operators render_template_as_native_obj
    """.split()  # noqa: SIM905 (a list would take a page)
)

# Names that the generated module itself uses, keywords, and built-ins, which whoever edits the file may want.
# Written out, because they grow with Python's version and the same graph must give the same bytes under each.
_TAKEN = frozenset(
    """
    dag timedelta _ abs aiter all and anext any as ascii assert async await bin bool break breakpoint
    bytearray bytes callable case chr class classmethod compile complex continue copyright credits def del
    delattr dict dir divmod elif else enumerate eval except exec exit filter finally float for format from
    frozenset getattr global globals hasattr hash help hex id if import in input int is isinstance
    issubclass iter lambda len license list locals map match max memoryview min next nonlocal not object oct
    open or ord pass pow print property quit raise range repr return reversed round set setattr slice sorted
    staticmethod str sum super try tuple type vars while with yield zip
    """.split()  # noqa: SIM905 (a list would take a page)
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, order=True)
class ClassPath:
    """Where a class is imported from."""

    module: str
    name: str

    @classmethod
    def parse(cls, path: str) -> ClassPath:
        """
        Read ``module:Class``.

        :raises CompileError: the path is not of that form
        """
        module, _, name = path.partition(":")
        parts = [*module.split("."), name]
        if not all(_IDENTIFIER.fullmatch(part) and not keyword.iskeyword(part) for part in parts):
            raise CompileError(f"Operator path {path!r} is not of the form package.module:Class.")
        return cls(module, name)


def is_argument_name(name: str) -> bool:
    """Return whether a name can be written as a keyword argument."""
    return bool(_IDENTIFIER.fullmatch(name)) and not keyword.iskeyword(name)


def variable_names(task_ids: Iterable[str], *, imported: Iterable[str] = ()) -> dict[str, str]:
    """
    Return task id -> a distinct Python variable; the id itself wherever that is possible.

    :param task_ids: distinct; their order decides who gets which name when two want the same
    :param imported: names that the module imports
    """
    task_ids = list(task_ids)
    used = set(imported)
    names = {task_id: task_id for task_id in task_ids if _is_free_variable(task_id) and task_id not in used}
    used.update(names.values())
    for task_id in task_ids:
        if task_id in names:
            continue
        name = re.sub(r"[^A-Za-z0-9_]", "_", task_id)
        while name in used or not _is_free_variable(name):
            name += "_"
        names[task_id] = name
        used.add(name)
    return names


def _is_free_variable(name: str) -> bool:
    return bool(_IDENTIFIER.fullmatch(name)) and name not in _TAKEN
