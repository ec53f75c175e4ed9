"""The plugin class through which Airflow loads the FlowForge API and editor."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class FlowForgePlugin(AirflowPlugin):
    """Mount the FlowForge API and editor in Airflow's api-server."""

    name = "flowforge"
