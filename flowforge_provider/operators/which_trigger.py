"""The task before several triggers: it finds which of them fired, and skips the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, BranchMixIn

from flowforge_provider.operators.arguments import PinnedContent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context


class WhichTriggerOperator(PinnedContent, BaseOperator, BranchMixIn):
    """
    Go on with the triggers that started the run; steps that only others lead to are skipped.

    The output is {fired: [node ids], reason}; the reason says why a scheduled run does nothing.

    :param no_overlap: cron nodes whose runs are skipped while an earlier run of the workflow is running
    """

    template_fields: Sequence[str] = ()
    inherits_from_skipmixin = True
    ui_color = "#e6f4ea"

    def __init__(self, *, no_overlap: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.no_overlap = list(no_overlap)

    def pinned_content(self) -> list[Any]:
        """Return everything that Airflow's own serialization leaves out."""
        return [self.no_overlap]

    def execute(self, context: Context) -> None:
        """Skip the triggers that did not start this run."""
        from flowforge_provider.operators.firing import fired_triggers

        fired = fired_triggers(context)
        reason = None
        if self._is_scheduled(context) and set(fired) & set(self.no_overlap):
            from flowforge_provider.operators.overlap import earlier_runs

            count = earlier_runs(context)
            if count:
                fired = [node for node in fired if node not in self.no_overlap]
                reason = (
                    f"An earlier run of this workflow was still running ({count}), and runs do not overlap."
                )
        output = {"fired": fired, "reason": None if fired else reason}
        self.log.info("Started by %s", ", ".join(fired) or f"nothing: {reason}")
        # Skipping leaves `execute` by an exception, after which Airflow keeps no output.
        context["ti"].xcom_push(key="return_value", value=output)
        self.skip_all_except(context["ti"], fired)

    @staticmethod
    def _is_scheduled(context: Context) -> bool:
        from flowforge_provider.operators.firing import run_type_of

        return run_type_of(context) == "scheduled"
