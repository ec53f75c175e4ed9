"""The log of one try of a step, as Airflow's configured log handler gives it."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow.models.dagbag import DBDagBag
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskinstancehistory import TaskInstanceHistory
from airflow.models.trigger import Trigger
from airflow.utils.log.log_reader import TaskLogReader
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from flowforge_provider.api.datamodels.executions import LogLine, LogResponse
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.services.log_lines import as_text
from flowforge_provider.exceptions import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.ids import ExecutionId

__all__ = ["check_step", "log_as_text", "read_log"]

_MAX_LINES = 5_000
# What is shown elsewhere, or is the same on each line of a step's log.
_LEFT_OUT = frozenset(
    {"timestamp", "event", "level", "logger", "filename", "lineno", "func_name", "loc", "error_detail"}
    | {"ti", "ti_id", "dag_id", "run_id", "task_id", "map_index", "try_number"}
)
_MAX_FIELD_CHARS = 500
_SOURCES = "::group::Log message source details"
_UNFINISHED = frozenset(
    {None, "scheduled", "queued", "running", "restarting", "deferred", "up_for_reschedule", "awaiting_input"}
)


def read_log(
    execution_id: ExecutionId,
    node_id: str,
    *,
    map_index: int = -1,
    try_number: int | None,
    token: str | None,
    session: Session,
) -> LogResponse:
    """
    Return a step's log, or what is new in it.

    :param map_index: which of the tasks of a step in a loop
    :param try_number: which try; the newest one when omitted
    :param token: ``next_token`` of the previous answer
    :raises NotFoundError: there is no such step, or no such try of it
    :raises ApiError: 400 the token is not one of ours; 501 the log handler cannot read
    """
    metadata, try_of_token = _unpack(token)
    ti = _find_task(
        execution_id, node_id, map_index=map_index, try_number=try_number or try_of_token, session=session
    )
    number = try_number or try_of_token or ti.try_number or 0
    state = str(ti.state) if ti.state is not None else None
    if number == 0:
        return _without_try(state)
    stream, found = _open(ti, number, metadata, session=session)
    messages = list(islice(stream, _MAX_LINES + 1))
    lines = list(_lines(messages[:_MAX_LINES]))
    truncated = len(messages) > _MAX_LINES
    is_other_try = ti.try_number != number
    done = is_other_try or state not in _UNFINISHED
    if done:
        return LogResponse(lines=lines, next_token=None, done=True, truncated=truncated, try_number=number)
    return LogResponse(
        lines=lines, next_token=_pack(found, number), done=False, truncated=truncated, try_number=number
    )


def check_step(
    execution_id: ExecutionId,
    node_id: str,
    *,
    map_index: int = -1,
    try_number: int | None = None,
    session: Session,
) -> int | None:
    """
    Return the try whose log is meant; None where none has begun.

    :raises NotFoundError: there is no such step, or no such try of it
    """
    ti = _find_task(execution_id, node_id, map_index=map_index, try_number=try_number, session=session)
    return try_number or ti.try_number or None


def log_as_text(
    execution_id: ExecutionId,
    node_id: str,
    *,
    map_index: int = -1,
    try_number: int | None,
    session: Session,
) -> Iterator[str]:
    """
    Return the whole log of a try, line by line, as it is read.

    :raises NotFoundError: there is no such step, or no such try of it
    :raises ApiError: 501 the log handler cannot read
    """
    ti = _find_task(execution_id, node_id, map_index=map_index, try_number=try_number, session=session)
    number = try_number or ti.try_number or 0
    if number == 0:
        state = str(ti.state) if ti.state is not None else None
        return (as_text(line) for line in _without_try(state).lines)
    stream, _ = _open(ti, number, {}, session=session)
    return (as_text(line) for line in _lines(stream))


def _open(ti: Any, number: int, metadata: dict[str, Any], *, session: Session) -> tuple[Any, Any]:
    reader = TaskLogReader()
    if not reader.supports_read:
        raise ApiError(
            501, "log-not-readable", "Airflow's log handler cannot read logs; see [logging] in its settings."
        )
    dag = DBDagBag().get_dag_for_run(ti.dag_run, session=session)
    if dag is not None and dag.has_task(ti.task_id):
        ti.task = dag.get_task(ti.task_id)
    stream, found = reader.read_log_chunks(ti, number, metadata)  # type: ignore[arg-type]
    return stream, found


def _find_task(
    execution_id: ExecutionId, node_id: str, *, map_index: int, try_number: int | None, session: Session
) -> Any:
    for model, options in (
        (TaskInstance, [joinedload(TaskInstance.trigger).joinedload(Trigger.triggerer_job)]),
        (TaskInstanceHistory, [joinedload(TaskInstanceHistory.dag_run)]),
    ):
        query = (
            select(model)
            .where(
                model.dag_id == execution_id.workflow_id,
                model.run_id == execution_id.run_id,
                model.task_id == node_id,
                model.map_index == map_index,
            )
            .options(*options)
        )
        if try_number is not None:
            query = query.where(model.try_number == try_number)
        elif model is TaskInstanceHistory:
            break
        found = session.scalar(query.limit(1))
        if found is not None:
            return found
    which = f"try {try_number} of step" if try_number is not None else "step"
    raise NotFoundError(
        f'There is no {which} "{node_id[:100]}" in execution "{str(execution_id)[:300]}".',
        code="step-not-found",
    )


def _without_try(state: str | None) -> LogResponse:
    waiting = state in _UNFINISHED
    text = {
        "skipped": "The step was skipped.",
        "upstream_failed": "The step did not run, because a step before it failed.",
        "success": "The step needed no worker, so it has no log.",
    }.get(state or "", "The step has not begun.")
    line = LogLine(timestamp=None, level="info", message=text)
    return LogResponse(
        lines=[] if waiting else [line], next_token=None, done=not waiting, truncated=False, try_number=0
    )


def _lines(messages: Iterable[Any]) -> Iterator[LogLine]:
    """Yield lines without Airflow's folds, and without the fold that tells where the log was found."""
    in_sources = False
    for message in messages:
        event: str = message.event
        if event.startswith(_SOURCES):
            in_sources = True
        elif event.startswith("::endgroup::"):
            in_sources = False
        elif not in_sources and not event.startswith("::group::"):
            yield _line(message)


def _line(message: Any) -> LogLine:
    fields: dict[str, Any] = message.model_extra or {}
    rest = [f"{key}={_short(value)}" for key, value in fields.items() if key not in _LEFT_OUT]
    text = " ".join([message.event, *rest])
    if fields.get("error_detail"):
        text += "\n" + _traceback(fields["error_detail"])
    level = str(fields.get("level") or "info").lower()
    return LogLine(timestamp=message.timestamp, level=level, message=text)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MAX_FIELD_CHARS else f"{text[:_MAX_FIELD_CHARS]}…"


def _traceback(details: Any) -> str:
    """Return structlog's exception records as Python prints them."""
    if not isinstance(details, list):
        return _short(details)
    blocks = []
    for record in reversed(details):
        if not isinstance(record, dict):
            return _short(details)
        frames = [
            f'  File "{frame.get("filename")}", line {frame.get("lineno")}, in {frame.get("name")}'
            for frame in record.get("frames") or ()
            if isinstance(frame, dict)
        ]
        last = f"{record.get('exc_type')}: {record.get('exc_value')}"
        blocks.append("\n".join(["Traceback (most recent call last):", *frames, last] if frames else [last]))
    return "\n\n".join(blocks)


def _serializer() -> Any:
    from airflow.configuration import conf
    from itsdangerous import URLSafeSerializer

    return URLSafeSerializer(conf.get_mandatory_value("api", "secret_key"), salt="flowforge-log")


def _pack(metadata: Any, try_number: int) -> str:
    token: str = _serializer().dumps([dict(metadata), try_number])
    return token


def _unpack(token: str | None) -> tuple[dict[str, Any], int | None]:
    if not token:
        return {}, None
    from itsdangerous import BadSignature

    try:
        metadata, try_number = _serializer().loads(token)
    except (BadSignature, ValueError, TypeError) as exc:
        raise ApiError(
            400, "bad-token", "The token is not one that this API has given. Leave it out."
        ) from exc
    return dict(metadata), int(try_number)
