"""What became of runs whose callers wait: all that are waited for, in two queries."""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import select, tuple_

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import is_reference
from flowforge_provider.redaction.redactor import Redactor
from flowforge_provider.runs.ids import ExecutionId
from flowforge_provider.runs.steps import read_values
from flowforge_provider.store.files import find_content
from flowforge_provider.store.tables import CancellationRow, DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy.orm import Session

__all__ = ["FailedStep", "Outcome", "find_outcomes"]

log = logging.getLogger(__name__)

_RESPOND = "RespondOperator"
_CHUNK = 200

Kind = Literal["answered", "success", "failed", "cancelled", "undispatched"]


class FailedStep(NamedTuple):
    """
    A step that failed.

    :param id: of the node
    :param name: as the editor shows it
    """

    id: str
    name: str


@dataclass(frozen=True)
class Outcome:
    """
    What became of a run.

    :param kind: ``answered``: a Respond step has succeeded, and the run may go on. ``undispatched``: the
        delivery was given up, and there is no run
    :param result: output of the Respond step that counts; None where there is none
    :param content: what the file holds that is the answer; None where it is no file, or is gone
    """

    kind: Kind
    result: dict[str, Any] | None = None
    content: bytes | None = None
    failed: tuple[FailedStep, ...] = field(default=())


def find_outcomes(
    finished: Collection[ExecutionId], answered: Collection[ExecutionId], session: Session
) -> Iterator[tuple[ExecutionId, Outcome]]:
    """
    Yield what has come out since; nothing of a run that is not as far.

    :param finished: runs whose end is waited for
    :param answered: runs whose Respond step is waited for, or their end
    """
    keys = [*finished, *answered]
    for begin in range(0, len(keys), _CHUNK):
        yield from _find(keys[begin : begin + _CHUNK], frozenset(answered), session)


def _find(
    keys: Sequence[ExecutionId], answered: Collection[ExecutionId], session: Session
) -> Iterator[tuple[ExecutionId, Outcome]]:
    runs = session.execute(
        select(DagRun.dag_id, DagRun.run_id, DagRun.id, DagRun._state).where(
            tuple_(DagRun.dag_id, DagRun.run_id).in_([tuple(key) for key in keys])
        )
    ).all()
    states = {ExecutionId(run.dag_id, run.run_id): (run.id, str(run._state)) for run in runs}
    ended = {key for key, (_, state) in states.items() if state in {"success", "failed"}}
    going_on = [key for key in states.keys() - ended if key in answered]
    responders = _responders([*ended, *going_on], session)
    for key in [*ended, *going_on]:
        pk, state = states[key]
        result = _result(key.workflow_id, responders.get(key, ()), run_pk=pk, session=session)
        if key in ended:
            yield key, _ended(key, state, result, session)
        elif result is not None:
            yield key, Outcome("answered", result, _content(result, session))
    yield from _given_up([key for key in keys if key not in states], session)


def _responders(keys: Sequence[ExecutionId], session: Session) -> dict[ExecutionId, list[str]]:
    """Return run -> tasks of it that have answered."""
    found: dict[ExecutionId, list[str]] = {}
    if not keys:
        return found
    task = TaskInstance
    query = select(task.dag_id, task.run_id, task.task_id).where(
        tuple_(task.dag_id, task.run_id).in_([tuple(key) for key in keys]),
        task.operator == _RESPOND,
        task.state == "success",
    )
    for dag_id, run_id, task_id in session.execute(query):
        found.setdefault(ExecutionId(dag_id, run_id), []).append(task_id)
    return found


def _result(
    workflow_id: str, task_ids: Collection[str], *, run_pk: int, session: Session
) -> dict[str, Any] | None:
    if not task_ids:
        return None
    redactor = Redactor((), scope=workflow_id)
    values = read_values(task_ids, "return_value", run_pk=run_pk, map_index=-1, session=session)
    # Who waits for the answer gets it as the step has given it.
    opened = [(task_id, _open(value, redactor)) for task_id, _, value in values]
    outputs = [{"node_id": task_id, **value} for task_id, value in opened if isinstance(value, dict)]
    # A failed Respond step whose port for errors is connected succeeds as a task, without an answer.
    answers = [output for output in outputs if "responded_at" in output]
    return min(answers, key=lambda output: str(output["responded_at"]), default=None)


def _open(value: Any, redactor: Redactor) -> Any:
    try:
        return redactor.open(value)
    except StepError as exc:
        # One of many that are looked at together, and the others have their answers.
        log.warning("An answer cannot be opened: %s", exc.message)
        return None


def _ended(key: ExecutionId, state: str, result: dict[str, Any] | None, session: Session) -> Outcome:
    if state == "success":
        return Outcome("success", result, _content(result, session))
    if session.get(CancellationRow, tuple(key)) is not None:
        return Outcome("cancelled", result, _content(result, session))
    task: Any = TaskInstance
    failed = session.execute(
        select(task.task_id, task.task_display_name)
        .where(task.dag_id == key.workflow_id, task.run_id == key.run_id, task.state == "failed")
        .order_by(task.end_date)
    )
    steps = dict.fromkeys(FailedStep(step_id.partition("-")[0], name or step_id) for step_id, name in failed)
    return Outcome("failed", result, _content(result, session), tuple(steps))


def _content(result: dict[str, Any] | None, session: Session) -> bytes | None:
    body: Any = result.get("body") if result is not None and result.get("content") == "file" else None
    if is_reference(body):
        return find_content(body["file_id"], session)
    return base64.b64decode(body["base64"]) if isinstance(body, dict) and "base64" in body else None


def _given_up(keys: Sequence[ExecutionId], session: Session) -> Iterator[tuple[ExecutionId, Outcome]]:
    if not keys:
        return
    rows = session.execute(
        select(DeliveryRow.workflow_id, DeliveryRow.run_id).where(
            tuple_(DeliveryRow.workflow_id, DeliveryRow.run_id).in_([tuple(key) for key in keys]),
            DeliveryRow.state == "failed",
        )
    )
    for workflow_id, run_id in rows:
        yield ExecutionId(workflow_id, str(run_id)), Outcome("undispatched")
