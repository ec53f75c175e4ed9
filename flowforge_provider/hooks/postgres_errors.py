"""What PostgreSQL's errors mean for a step: told in plain words, and whether another try makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.postgres_connection import NO_DATABASE

if TYPE_CHECKING:
    from flowforge_provider.sql.statements import Statement

# SQLSTATE classes and codes: PostgreSQL documentation, appendix A.
_QUERY_CANCELED = "57014"
_LOCK_NOT_AVAILABLE = "55P03"
_CONFLICTS = ("40", _LOCK_NOT_AVAILABLE)
_CONNECTION = ("08", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "53300")
_CONSTRAINT = "23"
# Mistakes of the statement or of its data, which the same statement would make again.
_FINAL = ("0A", "21", "22", "23", "25", "2B", "2D", "2F", "3D", "3F", "42", "44", "54")
_ADVICE = {
    "25006": "The step reads only. Choose the operation Execute, or switch Read only off.",
    "25001": "It cannot run inside a transaction, which every step is.",
    "21000": "Two of the rows have the same key. Remove duplicates first, for example in a Transform.",
    "42P10": "PostgreSQL needs a unique index on exactly these columns to find conflicts.",
    "42P02": "PostgreSQL takes values in SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES only.",
    "42P18": "Say which type the value has: {{ … }}::text.",
    "42883": "If a value has another type than it should, say so: {{ … }}::text.",
    "42804": "If a value has another type than it should, say so: {{ … }}::text.",
    "42501": "The connection's user lacks the right to do this.",
}


def to_step_error(
    error: Exception,
    *,
    connection_id: str,
    statement: Statement | None = None,
    number: int = 0,
    count: int = 1,
    timeout_s: float = 0,
) -> StepError:
    """
    Return the step's error for one of the driver's.

    :param error: an error of psycopg
    :param connection_id: Airflow connection
    :param statement: what was run; None while connecting and committing
    :param number: which statement of the step it was, from 1
    :param count: how many statements the step has
    :param timeout_s: seconds that the statement was given
    """
    state = getattr(error, "sqlstate", None)
    diagnosis = getattr(error, "diag", None)
    message = getattr(diagnosis, "message_primary", None) or str(error).strip() or type(error).__name__
    detail = _detail(state, message, diagnosis)
    where = _where(detail, diagnosis, statement, number, count)
    if state == _QUERY_CANCELED:
        return StepError(
            f"{where}The statement ran longer than {timeout_s:g} s and was stopped by the database; nothing "
            "was changed. Make it faster, or raise the timeout.",
            code="postgres-timeout",
            kind="timeout",
            detail=detail,
        )
    if _is_connection(error, state):
        first = message.splitlines()[0]
        return StepError(
            f"{where}{NO_DATABASE.format(connection_id)}: {first}. Check the connection in Airflow and that "
            "the database is up.",
            code="postgres-connection",
            kind="connection",
            detail=detail,
        )
    if state is not None and state.startswith(_CONFLICTS):
        return StepError(
            f"{where}Another transaction was in the way: {message}; nothing was changed. "
            f"The step may be tried again. [SQLSTATE {state}]",
            code="postgres-conflict",
            kind="database_conflict",
            detail=detail,
        )
    return StepError(
        f"{where}{_refusal(state, message, diagnosis, statement)}",
        code="postgres-constraint" if (state or "").startswith(_CONSTRAINT) else "postgres-error",
        detail=detail,
        retryable=not (state or "").startswith(_FINAL),
    )


def _is_connection(error: Exception, state: str | None) -> bool:
    import psycopg

    if state is not None:
        return state.startswith(_CONNECTION)
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))


def _detail(state: str | None, message: str, diagnosis: Any) -> dict[str, Any]:
    return {
        "sqlstate": state,
        "message": message,
        **{
            name: getattr(diagnosis, attribute, None)
            for name, attribute in (
                ("detail", "message_detail"),
                ("hint", "message_hint"),
                ("table", "table_name"),
                ("column", "column_name"),
                ("constraint", "constraint_name"),
            )
        },
    }


def _where(
    detail: dict[str, Any], diagnosis: Any, statement: Statement | None, number: int, count: int
) -> str:
    """Return which statement failed and where, and note the same in the error's detail."""
    if statement is None or not statement.line:
        return ""
    offset = getattr(diagnosis, "statement_position", None)
    place = statement.place(int(offset) - 1) if offset else None
    line = place[0] if place else statement.line
    detail.update(statement=number, line=line, line_column=place[1] if place else None)
    told = f"line {line}, column {place[1]}" if place else f"line {line}"
    return f"Statement {number} ({told}): " if count > 1 else f"{told[0].upper()}{told[1:]}: "


def _refusal(state: str | None, message: str, diagnosis: Any, statement: Statement | None) -> str:
    if state == "42601" and '"$' in message and statement is not None:
        # A placeholder where the grammar has no value: the user wrote an expression there.
        advice = (
            "An expression stands where PostgreSQL takes no value. It gives a value, never a name or a part "
            "of the SQL; for a list of values write = ANY({{ … }})."
        )
        return f"{advice} [SQLSTATE {state}]"
    text = f"The database refuses the statement: {message}."
    more = getattr(diagnosis, "message_detail", None)
    if more and (state or "").startswith(_CONSTRAINT):
        text = f"{text} {more}"
    advice = _ADVICE.get(state or "", "") or getattr(diagnosis, "message_hint", None) or ""
    return " ".join(part for part in (text, advice, f"[SQLSTATE {state}]" if state else "") if part)
