"""The task that stands for a workflow's trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.empty import EmptyOperator

from flowforge_provider.operators.arguments import PinnedContent, split_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping


class TriggerOperator(PinnedContent, EmptyOperator):
    """
    Stand for the trigger of a workflow. Airflow's scheduler marks it as a success without starting a worker.

    What started the run is in the run's configuration, where later steps find it.

    :param trigger_type: node type of the trigger: manual, webhook, cron
    :param parameters: the trigger's parameters that cannot be keyword arguments
    """

    template_fields = ()
    ui_color = "#e6f4ea"

    def __init__(
        self,
        *,
        trigger_type: str,
        parameters: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        own, airflow_arguments = split_arguments(kwargs, parameters=parameters)
        super().__init__(**airflow_arguments)
        self.trigger_type = trigger_type
        self.parameters = own

    def pinned_content(self) -> list[Any]:
        """Return everything that Airflow's own serialization leaves out."""
        return [self.trigger_type, self.parameters]
