"""The two ends of a loop: one task makes batches of its items, another one collects their results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from flowforge_provider.exceptions import StepError
from flowforge_provider.operators.base import ERROR_KEY, FlowForgeOperator
from flowforge_provider.operators.loops.batch import BATCHES_KEY
from flowforge_provider.operators.ports import PortOutput
from flowforge_provider.operators.redaction import node_of, open_for, redactor_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.for_each import CollectingParameters, ItemsParameters

DONE = "done"
# Code of an item that was not begun after another one had failed.
NOT_BEGUN = "loop-stopped"
# Each task costs some tenths of a second, whatever it does.
MOST_TASKS = 100


class ForEachItemsOperator(FlowForgeOperator):
    """
    Evaluate the list of a loop and return it as batches: a list of lists of items, in order.

    The tasks of the loop's body are mapped over the batches.

    :param items: the list
    :param batch_size: most items of a batch; 0: one up to 100 items, then as many as make 100 batches. More
        than that where Airflow would otherwise refuse the number of batches (``[core] max_map_length``).
    :param one_item_per_task: a step of the body waits outside of a worker, so batches must have one item
    """

    @classmethod
    def parameters_model(cls) -> type[ItemsParameters]:
        from flowforge_provider.nodes.builtin.for_each import ItemsParameters

        return ItemsParameters

    def run(self, parameters: ItemsParameters, context: Context) -> list[list[Any]]:
        """Return the batches."""
        from airflow.configuration import conf

        items: list[Any] = parameters.items
        most_batches = conf.getint("core", "max_map_length", fallback=1024)
        waits = parameters.one_item_per_task
        if waits and len(items) > most_batches:
            raise StepError(
                f"The loop has {len(items)} items. A step in it waits, so each item needs a task of its own, "
                f"and Airflow makes at most {most_batches}. Raise [core] max_map_length, or "
                "shorten the list.",
                code="waiting-in-batch",
                retryable=False,
            )
        wanted = parameters.batch_size or (1 if waits else _divided(len(items), MOST_TASKS))
        size = max(1, wanted, _divided(len(items), most_batches))
        context["ti"].xcom_push(key=BATCHES_KEY, value={"total": len(items), "size": size})
        return [items[start : start + size] for start in range(0, len(items), size)]

    def seal(self, output: Any) -> Any:
        """Return the batches as they are stored: rules are about the items in them."""
        redactor, step = redactor_of(self), node_of(self)
        return [[redactor.seal(item, step=step, part="item") for item in batch] for batch in output]


class ForEachOperator(FlowForgeOperator):
    """
    Collect what became of a loop's items: {results, errors, total, succeeded, failed}.

    Runs when all tasks of the body have ended, whatever their states are.

    :param continue_on_item_error: do not fail when items have failed
    :param results_by_step: the body has several last steps side by side: each result is {step id: output}
    """

    @classmethod
    def parameters_model(cls) -> type[CollectingParameters]:
        from flowforge_provider.nodes.builtin.for_each import CollectingParameters

        return CollectingParameters

    def execute(self, context: Context) -> Any:
        """Collect the results, unless the loop was not to run at all."""
        if self._batches(context) is None and self._first_error(context) is None:
            self._end_as_the_steps_before(context)
        return super().execute(context)

    def run(self, parameters: CollectingParameters, context: Context) -> PortOutput:
        """Return the results, in the order of the items."""
        from flowforge_provider.operators.loops.results import collect

        batches = self._batches(context)
        if batches is None:
            error = self._first_error(context) or {}
            raise StepError(
                str(error.get("message")), code=error.get("code"), detail=error.get("detail"), retryable=False
            )
        goes_on = parameters.continue_on_item_error
        output = collect(
            self, context, batches, by_step=parameters.results_by_step, goes_on_after_errors=goes_on
        )
        if output["failed"] and not goes_on:
            raise _item_failed(output)
        return PortOutput(DONE, output)

    def _batches(self, context: Context) -> list[list[Any]] | None:
        found = context["ti"].xcom_pull(task_ids=self._items_task, map_indexes=-1)
        batches: list[list[Any]] | None = open_for(context, found)
        return batches

    def _first_error(self, context: Context) -> dict[str, Any] | None:
        found: dict[str, Any] | None = context["ti"].xcom_pull(
            task_ids=self._items_task, key=ERROR_KEY, map_indexes=-1
        )
        return found

    @property
    def _items_task(self) -> str:
        return f"{self.task_id}-items"

    def _end_as_the_steps_before(self, context: Context) -> None:
        run = context["dag_run"]
        states = context["ti"].get_task_states(
            dag_id=run.dag_id, run_ids=[run.run_id], task_ids=[self._items_task]
        )
        state = states.get(run.run_id, {}).get(self._items_task)
        if state == "skipped":
            raise AirflowSkipException("The workflow took a way that does not lead to the loop.")
        raise AirflowFailException(
            "The loop has not begun: a step before it failed, or the task that makes its batches was stopped."
        )


def _divided(count: int, parts: int) -> int:
    return -(-count // parts)


def _item_failed(output: dict[str, Any]) -> StepError:
    failed = [entry for entry in output["errors"] if entry["error"]["code"] != NOT_BEGUN]
    not_begun = output["failed"] - len(failed)
    first = failed[0]
    rest = f" {not_begun} were not begun after that." if not_begun else ""
    return StepError(
        f"{len(failed)} of {output['total']} items failed.{rest} The first is item {first['index']}, in step "
        f"{first['step']!r}: {first['error']['message']}",
        code="loop-item-failed",
        detail={
            "total": output["total"],
            "succeeded": output["succeeded"],
            "failed": len(failed),
            "not_begun": not_begun,
            "errors": failed[:20],
        },
        retryable=False,
    )
