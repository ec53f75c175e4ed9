"""The plugin class through which Airflow loads the FlowForge API and editor."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI


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
        return [{"app": self._api, "url_prefix": "/flowforge", "name": "FlowForge"}]

    @cached_property
    def fastapi_root_middlewares(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """Return what gives webhooks a short way through the host."""
        from flowforge_provider.api.front_door import HostMiddleware

        return [
            {"middleware": HostMiddleware, "kwargs": {"flowforge": self._api}, "name": "FlowForge webhooks"}
        ]

    @cached_property
    def _api(self) -> FastAPI:
        from flowforge_provider.api.app import create_app

        return create_app()

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

    @cached_property
    def timetables(self) -> list[Any]:  # type: ignore[override]
        """Return the timetables that Airflow may read from a serialized Dag."""
        from flowforge_provider.timetables.workflow import WorkflowTimetable

        return [WorkflowTimetable]
