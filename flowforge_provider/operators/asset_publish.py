"""The step that tells Airflow that an asset was updated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset

from flowforge_provider.operators.base import FlowForgeOperator
from flowforge_provider.operators.redaction import redactor_of
from flowforge_provider.redaction.sealing import ASSETS

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.asset_publish import AssetPublishParameters


class AssetPublishOperator(FlowForgeOperator):
    """
    Update the asset among the task's outlets, and return {asset, uri, extra}.

    :param asset: name of the asset; may be left out where ``outlets`` has it
    :param uri: its uri; the name when left out
    :param extra: JSON object that goes with the update
    """

    def __init__(self, **kwargs: Any) -> None:
        outlets = kwargs.get("outlets")
        if outlets:
            (outlet,) = outlets
            kwargs["asset"] = outlet.name
            kwargs["uri"] = outlet.uri
        elif "asset" in kwargs:
            kwargs["outlets"] = [Asset(name=kwargs["asset"], uri=kwargs.get("uri") or kwargs["asset"])]
        super().__init__(**kwargs)

    @classmethod
    def parameters_model(cls) -> type[AssetPublishParameters]:
        from flowforge_provider.nodes.builtin.asset_publish import AssetPublishParameters

        return AssetPublishParameters

    def execute(self, context: Context) -> Any:
        """Run the step; one that goes on through its error port is a success for Airflow, but no update."""
        outlets, self.outlets = self.outlets, []
        try:
            return super().execute(context)
        finally:
            if self._was_published:
                self.outlets = outlets

    _was_published = False

    def run(self, parameters: AssetPublishParameters, context: Context) -> dict[str, Any]:
        """Note what goes with the update; Airflow records it with the task's success."""
        asset = Asset(name=parameters.asset, uri=parameters.uri or parameters.asset)
        context["outlet_events"][asset].extra = redactor_of(self).seal_known(
            dict(parameters.extra), scope=ASSETS
        )
        self._was_published = True
        return {"asset": asset.name, "uri": asset.uri, "extra": parameters.extra}
