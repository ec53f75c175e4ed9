from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from airflow.utils.log.file_task_handler import StructuredLogMessage

from flowforge_provider.api.services.logs import _lines

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def _message(event: str, **fields: Any) -> StructuredLogMessage:
    return StructuredLogMessage(timestamp=NOON, event=event, **fields)


def test_where_the_log_was_found_is_left_out() -> None:
    messages = [
        _message("::group::Log message source details"),
        _message("/logs/attempt=1.log"),
        _message("::endgroup::"),
        _message("::group::Something else"),
        _message("kept"),
        _message("::endgroup::"),
    ]
    assert [line.message for line in _lines(messages)] == ["kept"]


def test_fields_follow_the_text_but_for_what_is_on_each_line() -> None:
    message = _message(
        "Rows read", level="WARNING", logger="x", ti_id="1", dag_id="orders", rows=3, table="a b"
    )
    (line,) = _lines([message])
    assert line.message == "Rows read rows=3 table=a b"
    assert line.level == "warning"
    assert line.timestamp == NOON


def test_a_traceback_reads_as_python_prints_it() -> None:
    detail = [
        {
            "exc_type": "ValueError",
            "exc_value": "no",
            "frames": [{"filename": "a.py", "lineno": 3, "name": "run"}],
        }
    ]
    (line,) = _lines([_message("Task failed", level="error", error_detail=detail)])
    assert line.message.splitlines() == [
        "Task failed",
        "Traceback (most recent call last):",
        '  File "a.py", line 3, in run',
        "ValueError: no",
    ]


def test_a_long_field_is_cut() -> None:
    (line,) = _lines([_message("Sent", body="x" * 10_000)])
    assert len(line.message) < 600
    assert line.message.endswith("…")
