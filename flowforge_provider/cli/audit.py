"""
Entries in Airflow's event log of what commands change, as the API's routes write them.

Airflow writes an entry for each of its commands, ``cli_flowforge``, that names neither what was done nor to
which workflow. These have the same names as the API's, so that one filter finds both.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow.utils.platform import getuser

from flowforge_provider.api.audit import EVENT_PREFIX

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["recorded_change"]


class recorded_change:  # noqa: N801 - reads as what it is for: `with recorded_change(...)`
    """
    Write the entry of a change before it is made, and say in it when it was not made after all.

    :param operation: name of the API's operation, or of what only a command does
    :param workflow_id: the workflow, when it is about one
    :param run_id: the run, when it is about one
    :param details: what else is worth knowing; no content and no secrets
    """

    def __init__(
        self, operation: str, *, workflow_id: str | None = None, run_id: str | None = None, **details: Any
    ) -> None:
        self._event = f"{EVENT_PREFIX}{operation}"
        self._subject = {"dag_id": workflow_id, "run_id": run_id}
        self._extra = {
            "method": "CLI",
            **{name: value for name, value in details.items() if value is not None},
        }
        self._id: int | None = None

    def __enter__(self) -> Self:
        from airflow.models.log import Log
        from airflow.utils.session import create_session

        user = getuser()
        with create_session(scoped=False) as session:
            entry = Log(
                event=self._event,
                task_instance=None,
                owner=user,
                owner_display_name=user,
                extra=self._text(),
                **self._subject,
            )
            session.add(entry)
            session.flush()
            self._id = entry.id
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._extra["refused"] = str(getattr(error, "error_code", None) or type(error).__name__)
            self._update(extra=self._text())

    def made(self, workflow_id: str) -> None:
        """Name the workflow that has come out of it."""
        self._update(dag_id=workflow_id)

    def _text(self) -> str:
        return json.dumps(self._extra, ensure_ascii=False)

    def _update(self, **values: Any) -> None:
        from airflow.models.log import Log
        from airflow.utils.session import create_session
        from sqlalchemy import update

        with create_session(scoped=False) as session:
            session.execute(update(Log).where(Log.id == self._id).values(**values))
