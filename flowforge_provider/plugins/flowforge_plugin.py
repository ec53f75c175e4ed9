"""The plugin class through which Airflow loads the FlowForge API and editor."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin


class FlowForgePlugin(AirflowPlugin):
    """
    Mount the FlowForge API and editor in Airflow's api-server.

    The host makes one instance and reads these attributes only in the api-server. They are computed when
    they are read, so that the dag-processor and tasks, which load every plugin too, never import the web
    framework.
    """

    name = "flowforge"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """Return the API, mounted beside Airflow's own."""
        from flowforge_provider.api.app import create_app

        return [{"app": create_app(), "url_prefix": "/flowforge", "name": "FlowForge"}]

    @cached_property
    def react_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """
        Return the editor's entries: a page of its own, and a tab on each Dag.

        The host finds the component at ``globalThis[name]``, hence one name for both.
        """
        from flowforge_provider.api.static import bundle_url

        shared = {"name": "FlowForge", "bundle_url": bundle_url()}
        return [
            {**shared, "destination": "nav", "url_route": "flowforge", "nav_top_level": True},
            {**shared, "destination": "dag", "url_route": "flowforge-edit"},
        ]
