"""Wait in Airflow's triggerer until a run of another workflow has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.triggers.external_task import DagStateTrigger
from airflow.triggers.base import TriggerEvent
from airflow.utils.state import DagRunState
from asgiref.sync import sync_to_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["ENDED", "GONE", "ChildRunTrigger"]

#: States in which a run has ended.
ENDED = ("success", "failed")
#: What is told of a run that does not exist any more.
GONE = "gone"
# An event that comes before the executor has seen the end of the process that deferred the task makes
# Airflow's scheduler take the resumed task for a killed one. No run ends sooner than this anyway.
_FIRST_DELAY_S = 2.0
_LONGEST_DELAY_S = 30.0
_GROWTH = 1.2


class ChildRunTrigger(DagStateTrigger):
    """
    Fire when one run has ended, or was deleted. The event is ``{"state": success | failed | gone}``.

    Airflow's own trigger waits for ever for a run that was deleted, and asks at one interval; this one asks
    every two seconds at first, and more and more seldom while the run takes long.

    :param dag_id: the workflow
    :param run_id: its run
    """

    def __init__(self, *, dag_id: str, run_id: str) -> None:
        super().__init__(dag_id=dag_id, states=[DagRunState(state) for state in ENDED], run_ids=[run_id])
        self.run_id = run_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments."""
        return f"{__name__}.{type(self).__name__}", {"dag_id": self.dag_id, "run_id": self.run_id}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask for the state until it is final."""
        delay_s = _FIRST_DELAY_S
        while True:
            await asyncio.sleep(delay_s)
            state = await sync_to_async(self._read_state)()
            if state is not None:
                yield TriggerEvent({"state": state})  # type: ignore[no-untyped-call]
                return
            delay_s = min(delay_s * _GROWTH, _LONGEST_DELAY_S)

    def _read_state(self) -> str | None:
        """Return the final state, or None while there is none."""
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        count = RuntimeTaskInstance.get_dr_count
        if count(dag_id=self.dag_id, run_ids=[self.run_id], states=list(ENDED)):
            # An enum of Airflow's API, which `str` would give its class name.
            return DagRunState(RuntimeTaskInstance.get_dagrun_state(self.dag_id, self.run_id)).value
        return None if count(dag_id=self.dag_id, run_ids=[self.run_id]) else GONE
