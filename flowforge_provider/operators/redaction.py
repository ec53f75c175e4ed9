"""What a step knows of the values that its workflow hides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.redaction.redactor import Redactor

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["node_of", "open_for", "redactor_of"]

# Airflow's masker grows slow with more; records are searched for all of them all the same.
_MOST_IN_LOGS = 200
_ATTRIBUTE = "_flowforge_redactor"


def redactor_of(task: Any) -> Redactor:
    """Return what hides values in a task; the same one for as long as its process runs."""
    found = getattr(task, _ATTRIBUTE, None)
    if not isinstance(found, Redactor):
        found = Redactor(getattr(task, "redact", ()), scope=task.dag_id, tell=_Masker())
        # Operators note which attributes are set when a Dag is read; this one is none of theirs.
        object.__setattr__(task, _ATTRIBUTE, found)
    return found


def open_for(context: Context, value: Any, *, scope: str | None = None) -> Any:
    """
    Return data of an earlier step as the task of a context may read it.

    :param scope: the workflow that has stored it, when that is another one
    :raises StepError: it was hidden with another key; code ``sealed-value``
    """
    return redactor_of(context["task"]).open(value, scope=scope)


def node_of(task: Any) -> str:
    """Return the node that a task belongs to: a loop has a task before its body."""
    return str(task.task_id).partition("-")[0]


class _Masker:
    """Keeps hidden texts out of the task's log, through Airflow's own masker."""

    def __init__(self) -> None:
        self._left = _MOST_IN_LOGS

    def __call__(self, text: str) -> None:
        if self._left > 0:
            from airflow.sdk.log import mask_secret

            self._left -= 1
            mask_secret(text)
